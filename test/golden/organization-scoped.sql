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

select hedgerow.drop_functions_but(array['hedgerow.identity()', 'hedgerow.caller()', 'hedgerow.get_user_id()', 'hedgerow.get_session_id()', 'hedgerow.get_active_org_id()', 'hedgerow.get_active_team_id()', 'hedgerow.get_active_org_id_as(text[])', 'hedgerow.has_any_role(text[])', 'hedgerow.has_org_role(text)', 'hedgerow.has_any_user_role(text[])', 'hedgerow.is_org_member()', 'hedgerow.is_owner(text)', 'hedgerow.has_claim(text)', 'hedgerow.claim_text(text)', 'hedgerow.claim_bigint(text)', 'hedgerow.claim_double(text)', 'hedgerow.claim_boolean(text)', 'hedgerow.as_uuid(text)', 'hedgerow.entered_user_id()', 'hedgerow.entered_session_id()', 'hedgerow.entered_org_id()', 'hedgerow.entered_team_id()', 'hedgerow.entered_claim(text)', 'hedgerow.enter()', 'hedgerow.admit(boolean, boolean, boolean)', 'hedgerow.refuse_large_objects()', 'hedgerow.forget_prepared()', 'hedgerow.fingerprint(text, regclass, name)', 'hedgerow.is_recorded(text, regclass, name, text)', 'hedgerow.record(text, regclass, name, text)', 'hedgerow.revoke_all(regclass)', 'hedgerow.grant_sequences(regclass, jsonb)', 'hedgerow.drop_functions_but(text[])', 'hedgerow.record_helpers()', 'hedgerow.remember(text, text[])']);

select hedgerow.record_helpers();

select hedgerow.remember('12ccb0fc42d0a731', array['196d806748d47bfb', '1b0a8e0f84d5a67e', '1f01925487259d3b', '6315f3ba2f920917', '73771447ccf3b600', 'b437db92d7fdd112', 'bdacfeb2b8749170', 'cfb8b612f6485689']);
