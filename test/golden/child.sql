alter table public.projects enable row level security;

alter table public.projects force row level security;

do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."projects"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."projects"'::regclass);
  end loop;
end$$;

create policy projects_firewall on public.projects
  as restrictive for all to public
  using (organization_id = (select hedgerow.get_active_org_id()))
  with check (organization_id = (select hedgerow.get_active_org_id()));

comment on policy projects_firewall on public.projects is 'Second wall: organizationId is the caller''s active organization.';

create policy projects_select on public.projects
  as permissive for select to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));

comment on policy projects_select on public.projects is 'select: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).';

create policy projects_insert on public.projects
  as permissive for insert to authenticated
  with check (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));

comment on policy projects_insert on public.projects is 'insert: organizationId is the caller''s active organization and the caller has the role member, admin or owner.';

create policy projects_update on public.projects
  as permissive for update to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())))
  with check (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));

comment on policy projects_update on public.projects is 'update: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller); afterwards organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).';

create policy projects_delete on public.projects
  as permissive for delete to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['admin', 'owner'])));

comment on policy projects_delete on public.projects is 'delete: organizationId is the caller''s active organization and the caller has the role admin or owner.';

revoke all on table public.projects from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;

grant select (id, organization_id, user_id, name) on table public.projects to authenticated;

grant insert (user_id, name) on table public.projects to authenticated;

grant update (user_id, name) on table public.projects to authenticated;

grant delete on table public.projects to authenticated;

do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."projects"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."projects"'::regclass);
  end loop;
end$$;

alter table public.tasks enable row level security;

alter table public.tasks force row level security;

do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."tasks"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."tasks"'::regclass);
  end loop;
end$$;

create policy tasks_firewall on public.tasks
  as restrictive for all to public
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id))
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id));

comment on policy tasks_firewall on public.tasks is 'Second wall: the caller can read the row of projects that projectId points to.';

create policy tasks_select on public.tasks
  as permissive for select to authenticated
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));

comment on policy tasks_select on public.tasks is 'select: the caller can read the row of projects that projectId points to and the caller has the role member, admin or owner.';

create policy tasks_insert on public.tasks
  as permissive for insert to authenticated
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])) and tasks.state in ('open', U&'it''s \002D\002D late'));

comment on policy tasks_insert on public.tasks is U&'insert: the caller can read the row of projects that projectId points to, the caller has the role member, admin or owner and state is one of "open" or "it''s \002D\002D late".';

create policy tasks_update on public.tasks
  as permissive for update to authenticated
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (not tasks.due < '2024-02-29T10:00:00.000+00'::timestamptz) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])))
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (not tasks.due < '2024-02-29T10:00:00.000+00'::timestamptz) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));

comment on policy tasks_update on public.tasks is 'update: the caller can read the row of projects that projectId points to, not due is less than 2024-02-29T10:00:00.000Z and the caller has the role member, admin or owner; afterwards the caller can read the row of projects that projectId points to, not due is less than 2024-02-29T10:00:00.000Z and the caller has the role member, admin or owner.';

revoke all on table public.tasks from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;

grant select (id, project_id, state, due) on table public.tasks to authenticated;

grant insert (project_id, state, due) on table public.tasks to authenticated;

grant update (project_id, state, due) on table public.tasks to authenticated;

do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."tasks"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."tasks"'::regclass);
  end loop;
end$$;

create or replace function hedgerow.reference_public_tasks_project_id() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  if new.project_id is not null
    and not exists (select 1 from public.projects as parent where parent.id = new.project_id)
    and not (
      pg_catalog.row_security_active('"public"."projects"'::regclass)
      and pg_catalog.pg_has_role(current_user, (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'member')
    )
  then
    raise foreign_key_violation using
      message = 'insert or update on table "tasks" violates foreign key constraint "tasks_project_id_projects_id_fk"',
      schema = 'public', table = 'tasks',
      column = 'project_id', constraint = 'tasks_project_id_projects_id_fk';
  end if;
  return null;
end
$$;

create trigger "HEDGEROW_project_id" after insert or update of project_id on public.tasks
  for each row execute function hedgerow.reference_public_tasks_project_id();
