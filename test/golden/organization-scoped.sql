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
