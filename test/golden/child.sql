do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."projects"'::regclass) then
    alter table public.projects enable row level security;
    alter table public.projects force row level security;
  end if;
end$$;

do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."projects"'::regclass and polname not in ('projects_firewall_select'::name, 'projects_select'::name, 'projects_firewall_insert'::name, 'projects_insert'::name, 'projects_firewall_update'::name, 'projects_update'::name, 'projects_firewall_delete'::name, 'projects_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."projects"'::regclass);
  end loop;
end$$;

do $$declare said constant text := 'Second wall, select: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).
hedgerow:1b0a8e0f84d5a67e';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_select', said) then
    drop policy if exists projects_firewall_select on public.projects;
    create policy projects_firewall_select on public.projects
  as restrictive for select to public
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_select', said);
  end if;
end$$;

do $$declare said constant text := 'select: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).
hedgerow:73771447ccf3b600';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_select', said) then
    drop policy if exists projects_select on public.projects;
    create policy projects_select on public.projects
  as permissive for select to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_select', said);
  end if;
end$$;

do $$declare said constant text := 'Second wall, insert: organizationId is the caller''s active organization.
hedgerow:b437db92d7fdd112';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_insert', said) then
    drop policy if exists projects_firewall_insert on public.projects;
    create policy projects_firewall_insert on public.projects
  as restrictive for insert to public
  with check (organization_id = (select hedgerow.get_active_org_id()));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_insert', said);
  end if;
end$$;

do $$declare said constant text := 'insert: organizationId is the caller''s active organization and the caller has the role member, admin or owner.
hedgerow:bdacfeb2b8749170';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_insert', said) then
    drop policy if exists projects_insert on public.projects;
    create policy projects_insert on public.projects
  as permissive for insert to authenticated
  with check (organization_id = (select hedgerow.get_active_org_id_as(array['member', 'admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_insert', said);
  end if;
end$$;

do $$declare said constant text := 'Second wall, update: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller); afterwards organizationId is the caller''s active organization.
hedgerow:196d806748d47bfb';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_update', said) then
    drop policy if exists projects_firewall_update on public.projects;
    create policy projects_firewall_update on public.projects
  as restrictive for update to public
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())))
  with check (organization_id = (select hedgerow.get_active_org_id()));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_update', said);
  end if;
end$$;

do $$declare said constant text := 'update: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller); afterwards organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).
hedgerow:cfb8b612f6485689';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_update', said) then
    drop policy if exists projects_update on public.projects;
    create policy projects_update on public.projects
  as permissive for update to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())))
  with check (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_update', said);
  end if;
end$$;

do $$declare said constant text := 'Second wall, delete: organizationId is the caller''s active organization and the caller has the role admin or owner.
hedgerow:1f01925487259d3b';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_delete', said) then
    drop policy if exists projects_firewall_delete on public.projects;
    create policy projects_firewall_delete on public.projects
  as restrictive for delete to public
  using (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_delete', said);
  end if;
end$$;

do $$declare said constant text := 'delete: organizationId is the caller''s active organization and the caller has the role admin or owner.
hedgerow:6315f3ba2f920917';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_delete', said) then
    drop policy if exists projects_delete on public.projects;
    create policy projects_delete on public.projects
  as permissive for delete to authenticated
  using (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_delete', said);
  end if;
end$$;

do $$begin
  if not hedgerow.fingerprint('grants', '"public"."projects"', '') = '7172a13278dcea5d' then
    perform hedgerow.revoke_all('"public"."projects"');
    grant select (id, organization_id, user_id, name) on table public.projects to authenticated;
    grant insert (user_id, name) on table public.projects to authenticated;
    grant update (user_id, name) on table public.projects to authenticated;
    grant delete on table public.projects to authenticated;
  end if;
end$$;

select hedgerow.grant_sequences('"public"."projects"', '{}');

do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."projects"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."projects"'::regclass);
  end loop;
end$$;

do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."tasks"'::regclass) then
    alter table public.tasks enable row level security;
    alter table public.tasks force row level security;
  end if;
end$$;

do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."tasks"'::regclass and polname not in ('tasks_firewall_select'::name, 'tasks_select'::name, 'tasks_firewall_insert'::name, 'tasks_insert'::name, 'tasks_firewall_update'::name, 'tasks_update'::name, 'tasks_firewall_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."tasks"'::regclass);
  end loop;
end$$;

do $$declare said constant text := 'Second wall, select: the caller can read the row of projects that projectId points to and the caller has the role member, admin or owner.
hedgerow:4a50275baacd5cd9';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_firewall_select', said) then
    drop policy if exists tasks_firewall_select on public.tasks;
    create policy tasks_firewall_select on public.tasks
  as restrictive for select to public
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_firewall_select', said);
  end if;
end$$;

do $$declare said constant text := 'select: the caller can read the row of projects that projectId points to and the caller has the role member, admin or owner.
hedgerow:6e500b0159effe9f';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_select', said) then
    drop policy if exists tasks_select on public.tasks;
    create policy tasks_select on public.tasks
  as permissive for select to authenticated
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_select', said);
  end if;
end$$;

do $$declare said constant text := 'Second wall, insert: the caller can read the row of projects that projectId points to.
hedgerow:3d6515f2a2eab3c6';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_firewall_insert', said) then
    drop policy if exists tasks_firewall_insert on public.tasks;
    create policy tasks_firewall_insert on public.tasks
  as restrictive for insert to public
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_firewall_insert', said);
  end if;
end$$;

do $$declare said constant text := U&'insert: the caller can read the row of projects that projectId points to, the caller has the role member, admin or owner and state is one of "open" or "it''s \002D\002D late".
hedgerow:526e0da83e94b886';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_insert', said) then
    drop policy if exists tasks_insert on public.tasks;
    create policy tasks_insert on public.tasks
  as permissive for insert to authenticated
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])) and tasks.state in ('open', U&'it''s \002D\002D late'));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_insert', said);
  end if;
end$$;

do $$declare said constant text := 'Second wall, update: the caller can read the row of projects that projectId points to, not due is less than 2024-02-29T10:00:00.000Z, the caller is signed in and the caller has the role member, admin or owner; afterwards the caller can read the row of projects that projectId points to.
hedgerow:26be71b091dad121';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_firewall_update', said) then
    drop policy if exists tasks_firewall_update on public.tasks;
    create policy tasks_firewall_update on public.tasks
  as restrictive for update to public
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (not tasks.due < '2024-02-29T10:00:00.000+00'::timestamptz) and (select hedgerow.get_user_id() is not null) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])))
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_firewall_update', said);
  end if;
end$$;

do $$declare said constant text := 'update: the caller can read the row of projects that projectId points to, not due is less than 2024-02-29T10:00:00.000Z, the caller is signed in and the caller has the role member, admin or owner; afterwards the caller can read the row of projects that projectId points to, not due is less than 2024-02-29T10:00:00.000Z, the caller is signed in and the caller has the role member, admin or owner.
hedgerow:f476d492afa76990';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_update', said) then
    drop policy if exists tasks_update on public.tasks;
    create policy tasks_update on public.tasks
  as permissive for update to authenticated
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (not tasks.due < '2024-02-29T10:00:00.000+00'::timestamptz) and (select hedgerow.get_user_id() is not null) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])))
  with check (exists (select 1 from public.projects as parent where parent.id = tasks.project_id) and (not tasks.due < '2024-02-29T10:00:00.000+00'::timestamptz) and (select hedgerow.get_user_id() is not null) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_update', said);
  end if;
end$$;

do $$declare said constant text := 'Second wall, delete: the caller can read the row of projects that projectId points to.
hedgerow:d62e6d2d4c435f7f';
begin
  if not hedgerow.is_recorded('policy', '"public"."tasks"', 'tasks_firewall_delete', said) then
    drop policy if exists tasks_firewall_delete on public.tasks;
    create policy tasks_firewall_delete on public.tasks
  as restrictive for delete to public
  using (exists (select 1 from public.projects as parent where parent.id = tasks.project_id));
    perform hedgerow.record('policy', '"public"."tasks"', 'tasks_firewall_delete', said);
  end if;
end$$;

do $$begin
  if not hedgerow.fingerprint('grants', '"public"."tasks"', '') = '275d45e6dd443554' then
    perform hedgerow.revoke_all('"public"."tasks"');
    grant select (id, project_id, state, due) on table public.tasks to authenticated;
    grant insert (project_id, state, due) on table public.tasks to authenticated;
    grant update (project_id, state, due) on table public.tasks to authenticated;
  end if;
end$$;

select hedgerow.grant_sequences('"public"."tasks"', '{}');

do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."tasks"'::regclass and tgname like 'HEDGEROW\_%' and tgname not in ('HEDGEROW_project_id_3b0669fcfbde7fd7'::name) loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."tasks"'::regclass);
  end loop;
end$$;

create or replace function hedgerow.reference_public_tasks_project_id_e0d341b408636cda() returns trigger
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

revoke all on function hedgerow.reference_public_tasks_project_id_e0d341b408636cda() from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;

do $$declare said constant text := 'hedgerow:ac2bba2027cd02ba';
begin
  if not hedgerow.is_recorded('trigger', '"public"."tasks"', 'HEDGEROW_project_id_3b0669fcfbde7fd7', said) then
    drop trigger if exists "HEDGEROW_project_id_3b0669fcfbde7fd7" on public.tasks;
    create trigger "HEDGEROW_project_id_3b0669fcfbde7fd7" after insert or update of project_id on public.tasks
  for each row execute function hedgerow.reference_public_tasks_project_id_e0d341b408636cda();
    perform hedgerow.record('trigger', '"public"."tasks"', 'HEDGEROW_project_id_3b0669fcfbde7fd7', said);
  end if;
end$$;

select hedgerow.drop_functions_but(array['hedgerow.identity()', 'hedgerow.caller()', 'hedgerow.get_user_id()', 'hedgerow.get_session_id()', 'hedgerow.get_active_org_id()', 'hedgerow.get_active_team_id()', 'hedgerow.get_active_org_id_as(text[])', 'hedgerow.has_any_role(text[])', 'hedgerow.has_org_role(text)', 'hedgerow.has_any_user_role(text[])', 'hedgerow.is_org_member()', 'hedgerow.is_owner(text)', 'hedgerow.has_claim(text)', 'hedgerow.claim_text(text)', 'hedgerow.claim_bigint(text)', 'hedgerow.claim_double(text)', 'hedgerow.claim_boolean(text)', 'hedgerow.as_uuid(text)', 'hedgerow.entered_user_id()', 'hedgerow.entered_session_id()', 'hedgerow.entered_org_id()', 'hedgerow.entered_team_id()', 'hedgerow.entered_claim(text)', 'hedgerow.enter()', 'hedgerow.admit(boolean, boolean, boolean)', 'hedgerow.refuse_large_objects()', 'hedgerow.forget_prepared()', 'hedgerow.fingerprint(text, regclass, name)', 'hedgerow.is_recorded(text, regclass, name, text)', 'hedgerow.record(text, regclass, name, text)', 'hedgerow.revoke_all(regclass)', 'hedgerow.grant_sequences(regclass, jsonb)', 'hedgerow.drop_functions_but(text[])', 'hedgerow.record_helpers()', 'hedgerow.remember(text, text[])', 'hedgerow.reference_public_tasks_project_id_e0d341b408636cda()']);

select hedgerow.record_helpers();

select hedgerow.remember('12ccb0fc42d0a731', array['196d806748d47bfb', '1b0a8e0f84d5a67e', '1f01925487259d3b', '26be71b091dad121', '3d6515f2a2eab3c6', '4a50275baacd5cd9', '526e0da83e94b886', '6315f3ba2f920917', '6e500b0159effe9f', '73771447ccf3b600', '8d7313aace450023', 'ac2bba2027cd02ba', 'b437db92d7fdd112', 'bdacfeb2b8749170', 'cfb8b612f6485689', 'd62e6d2d4c435f7f', 'f476d492afa76990']);
