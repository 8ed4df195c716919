-- Hedgerow: row-level security, exactly as declared. It replaces whatever stood on these tables before.
-- guards [["public","account"],["public","categories"],["public","comments"],["public","contact_messages"],["public","documents"],["public","invitation"],["public","member"],["public","organization"],["public","preferences"],["public","projects"],["public","session"],["public","team"],["public","team_member"],["public","user"],["public","verification"]]
select pg_advisory_xact_lock(7522529147838689143);
--> statement-breakpoint
do $$ begin
  if exists (
    select from pg_catalog.unnest(array['public', 'hedgerow_api', 'authenticated', 'anonymous', 'hedgerow_auth', 'hedgerow_definer']) as role where pg_catalog.has_database_privilege(role, pg_catalog.current_database(), 'temporary, create')
  ) then
    execute pg_catalog.format('revoke temporary, create on database %I from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer', pg_catalog.current_database());
  end if;
end $$;
--> statement-breakpoint
do $$ begin
  if pg_catalog.to_regnamespace('extensions') is not null then
    if exists (select from pg_catalog.unnest(array['public', 'hedgerow_api', 'authenticated', 'anonymous', 'hedgerow_auth', 'hedgerow_definer']) as role where pg_catalog.has_schema_privilege(role, 'extensions', 'create')) then
      revoke create on schema extensions from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
    end if;
    if exists (select from pg_catalog.unnest(array['authenticated', 'anonymous']) as role where not pg_catalog.has_schema_privilege(role, 'extensions', 'usage')) then
      grant usage on schema extensions to authenticated, anonymous;
    end if;
  end if;
end $$;
--> statement-breakpoint
revoke create on schema public from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant usage on schema public to authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."user"'::regclass) then
    alter table public."user" enable row level security;
    alter table public."user" force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."user"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_caller_select'::name, 'hedgerow_definer_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."user"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:e8b10958e5df97c7';
begin
  if not hedgerow.is_recorded('policy', '"public"."user"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public."user";
    create policy hedgerow_auth_all on public."user"
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."user"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:2e501a458223c972';
begin
  if not hedgerow.is_recorded('policy', '"public"."user"', 'hedgerow_caller_select', said) then
    drop policy if exists hedgerow_caller_select on public."user";
    create policy hedgerow_caller_select on public."user"
  as permissive for select to authenticated
  using (id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."user"', 'hedgerow_caller_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:d1afdfac3437b7fb';
begin
  if not hedgerow.is_recorded('policy', '"public"."user"', 'hedgerow_definer_select', said) then
    drop policy if exists hedgerow_definer_select on public."user";
    create policy hedgerow_definer_select on public."user"
  as permissive for select to hedgerow_definer
  using (true);
    perform hedgerow.record('policy', '"public"."user"', 'hedgerow_definer_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."user"', '') = '84cae4a89d1ec768' then
    perform hedgerow.revoke_all('"public"."user"');
    grant select on table public."user" to hedgerow_auth;
    grant insert on table public."user" to hedgerow_auth;
    grant update on table public."user" to hedgerow_auth;
    grant delete on table public."user" to hedgerow_auth;
    grant select on table public."user" to hedgerow_definer;
    grant select (id, name, email, email_verified, image, created_at, updated_at, role) on table public."user" to authenticated;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."user"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."user"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."account"'::regclass) then
    alter table public.account enable row level security;
    alter table public.account force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."account"'::regclass and polname not in ('hedgerow_auth_all'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."account"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:2c6ac41cd59e38df';
begin
  if not hedgerow.is_recorded('policy', '"public"."account"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.account;
    create policy hedgerow_auth_all on public.account
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."account"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."account"', '') = '00a453a628d5a3ab' then
    perform hedgerow.revoke_all('"public"."account"');
    grant select on table public.account to hedgerow_auth;
    grant insert on table public.account to hedgerow_auth;
    grant update on table public.account to hedgerow_auth;
    grant delete on table public.account to hedgerow_auth;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."account"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."account"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."invitation"'::regclass) then
    alter table public.invitation enable row level security;
    alter table public.invitation force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."invitation"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_caller_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."invitation"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:8d02f3526085085b';
begin
  if not hedgerow.is_recorded('policy', '"public"."invitation"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.invitation;
    create policy hedgerow_auth_all on public.invitation
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."invitation"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:2a7a73dac1865083';
begin
  if not hedgerow.is_recorded('policy', '"public"."invitation"', 'hedgerow_caller_select', said) then
    drop policy if exists hedgerow_caller_select on public.invitation;
    create policy hedgerow_caller_select on public.invitation
  as permissive for select to authenticated
  using (organization_id = any ((select hedgerow.organizations_with_role(array['owner']))::text[]) or (organization_id = any ((select hedgerow.organizations_with_role(array['admin']))::text[]) and not coalesce(array_remove(string_to_array(btrim(regexp_replace(invitation.role, '[ \t\r\n]*,[ \t\r\n]*', ',', 'g'), E' \t\r\n'), ','), ''), '{}') && array['owner']));
    perform hedgerow.record('policy', '"public"."invitation"', 'hedgerow_caller_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."invitation"', '') = '9dc9a0965c9ea16e' then
    perform hedgerow.revoke_all('"public"."invitation"');
    grant select on table public.invitation to hedgerow_auth;
    grant insert on table public.invitation to hedgerow_auth;
    grant update on table public.invitation to hedgerow_auth;
    grant delete on table public.invitation to hedgerow_auth;
    grant select (id, organization_id, email, role, team_id, status, expires_at, created_at, inviter_id) on table public.invitation to authenticated;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."invitation"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."invitation"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."member"'::regclass) then
    alter table public.member enable row level security;
    alter table public.member force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."member"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_caller_select'::name, 'hedgerow_definer_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."member"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:1baf03e56ede60f3';
begin
  if not hedgerow.is_recorded('policy', '"public"."member"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.member;
    create policy hedgerow_auth_all on public.member
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."member"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:b749fe7cd5897031';
begin
  if not hedgerow.is_recorded('policy', '"public"."member"', 'hedgerow_caller_select', said) then
    drop policy if exists hedgerow_caller_select on public.member;
    create policy hedgerow_caller_select on public.member
  as permissive for select to authenticated
  using (organization_id = any ((select hedgerow.member_organizations())::text[]));
    perform hedgerow.record('policy', '"public"."member"', 'hedgerow_caller_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:948415866424879c';
begin
  if not hedgerow.is_recorded('policy', '"public"."member"', 'hedgerow_definer_select', said) then
    drop policy if exists hedgerow_definer_select on public.member;
    create policy hedgerow_definer_select on public.member
  as permissive for select to hedgerow_definer
  using (true);
    perform hedgerow.record('policy', '"public"."member"', 'hedgerow_definer_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."member"', '') = 'bdc4d1d9837d654a' then
    perform hedgerow.revoke_all('"public"."member"');
    grant select on table public.member to hedgerow_auth;
    grant insert on table public.member to hedgerow_auth;
    grant update on table public.member to hedgerow_auth;
    grant delete on table public.member to hedgerow_auth;
    grant select on table public.member to hedgerow_definer;
    grant select (id, organization_id, user_id, role, created_at) on table public.member to authenticated;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."member"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."member"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."organization"'::regclass) then
    alter table public.organization enable row level security;
    alter table public.organization force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."organization"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_caller_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."organization"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:4d23e82d637f6667';
begin
  if not hedgerow.is_recorded('policy', '"public"."organization"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.organization;
    create policy hedgerow_auth_all on public.organization
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."organization"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:6749466825405baa';
begin
  if not hedgerow.is_recorded('policy', '"public"."organization"', 'hedgerow_caller_select', said) then
    drop policy if exists hedgerow_caller_select on public.organization;
    create policy hedgerow_caller_select on public.organization
  as permissive for select to authenticated
  using (id = any ((select hedgerow.member_organizations())::text[]));
    perform hedgerow.record('policy', '"public"."organization"', 'hedgerow_caller_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."organization"', '') = '9e202850d6f9e5cc' then
    perform hedgerow.revoke_all('"public"."organization"');
    grant select on table public.organization to hedgerow_auth;
    grant insert on table public.organization to hedgerow_auth;
    grant update on table public.organization to hedgerow_auth;
    grant delete on table public.organization to hedgerow_auth;
    grant select (id, name, slug, logo, created_at) on table public.organization to authenticated;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."organization"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."organization"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."session"'::regclass) then
    alter table public.session enable row level security;
    alter table public.session force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."session"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_caller_select'::name, 'hedgerow_definer_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."session"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:bb6507b7cdd5804b';
begin
  if not hedgerow.is_recorded('policy', '"public"."session"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.session;
    create policy hedgerow_auth_all on public.session
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."session"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:f9d14c04b9c3969e';
begin
  if not hedgerow.is_recorded('policy', '"public"."session"', 'hedgerow_caller_select', said) then
    drop policy if exists hedgerow_caller_select on public.session;
    create policy hedgerow_caller_select on public.session
  as permissive for select to authenticated
  using (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."session"', 'hedgerow_caller_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:4507eecbbaaf9296';
begin
  if not hedgerow.is_recorded('policy', '"public"."session"', 'hedgerow_definer_select', said) then
    drop policy if exists hedgerow_definer_select on public.session;
    create policy hedgerow_definer_select on public.session
  as permissive for select to hedgerow_definer
  using (true);
    perform hedgerow.record('policy', '"public"."session"', 'hedgerow_definer_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."session"', '') = '92d68a251e7a411e' then
    perform hedgerow.revoke_all('"public"."session"');
    grant select on table public.session to hedgerow_auth;
    grant insert on table public.session to hedgerow_auth;
    grant update on table public.session to hedgerow_auth;
    grant delete on table public.session to hedgerow_auth;
    grant select on table public.session to hedgerow_definer;
    grant select (id, expires_at, created_at, updated_at, ip_address, user_agent, user_id, active_organization_id, active_team_id, impersonated_by) on table public.session to authenticated;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."session"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."session"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."team"'::regclass) then
    alter table public.team enable row level security;
    alter table public.team force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."team"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_definer_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."team"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:2cf6071ac67b19da';
begin
  if not hedgerow.is_recorded('policy', '"public"."team"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.team;
    create policy hedgerow_auth_all on public.team
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."team"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:2475d0e130c77b23';
begin
  if not hedgerow.is_recorded('policy', '"public"."team"', 'hedgerow_definer_select', said) then
    drop policy if exists hedgerow_definer_select on public.team;
    create policy hedgerow_definer_select on public.team
  as permissive for select to hedgerow_definer
  using (true);
    perform hedgerow.record('policy', '"public"."team"', 'hedgerow_definer_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."team"', '') = '1d27664535ba1e55' then
    perform hedgerow.revoke_all('"public"."team"');
    grant select on table public.team to hedgerow_auth;
    grant insert on table public.team to hedgerow_auth;
    grant update on table public.team to hedgerow_auth;
    grant delete on table public.team to hedgerow_auth;
    grant select on table public.team to hedgerow_definer;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."team"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."team"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."team_member"'::regclass) then
    alter table public.team_member enable row level security;
    alter table public.team_member force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."team_member"'::regclass and polname not in ('hedgerow_auth_all'::name, 'hedgerow_definer_select'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."team_member"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:095220be664c3d35';
begin
  if not hedgerow.is_recorded('policy', '"public"."team_member"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.team_member;
    create policy hedgerow_auth_all on public.team_member
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."team_member"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:7461f5fe4b48da2a';
begin
  if not hedgerow.is_recorded('policy', '"public"."team_member"', 'hedgerow_definer_select', said) then
    drop policy if exists hedgerow_definer_select on public.team_member;
    create policy hedgerow_definer_select on public.team_member
  as permissive for select to hedgerow_definer
  using (true);
    perform hedgerow.record('policy', '"public"."team_member"', 'hedgerow_definer_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."team_member"', '') = '1d27664535ba1e55' then
    perform hedgerow.revoke_all('"public"."team_member"');
    grant select on table public.team_member to hedgerow_auth;
    grant insert on table public.team_member to hedgerow_auth;
    grant update on table public.team_member to hedgerow_auth;
    grant delete on table public.team_member to hedgerow_auth;
    grant select on table public.team_member to hedgerow_definer;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."team_member"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."team_member"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."verification"'::regclass) then
    alter table public.verification enable row level security;
    alter table public.verification force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."verification"'::regclass and polname not in ('hedgerow_auth_all'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."verification"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:8a6bd4565ac3c5df';
begin
  if not hedgerow.is_recorded('policy', '"public"."verification"', 'hedgerow_auth_all', said) then
    drop policy if exists hedgerow_auth_all on public.verification;
    create policy hedgerow_auth_all on public.verification
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
    perform hedgerow.record('policy', '"public"."verification"', 'hedgerow_auth_all', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."verification"', '') = '00a453a628d5a3ab' then
    perform hedgerow.revoke_all('"public"."verification"');
    grant select on table public.verification to hedgerow_auth;
    grant insert on table public.verification to hedgerow_auth;
    grant update on table public.verification to hedgerow_auth;
    grant delete on table public.verification to hedgerow_auth;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."verification"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."verification"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if pg_catalog.to_regclass('"public"."session_token_sha256_uidx"') is null then
    create unique index session_token_sha256_uidx on public.session (sha256(decode(replace(token, E'\\', E'\\\\'), 'escape')));
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."categories"'::regclass) then
    alter table public.categories enable row level security;
    alter table public.categories force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."categories"'::regclass and polname not in ('categories_select'::name, 'categories_insert'::name, 'categories_update'::name, 'categories_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."categories"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'select: always. No firewall: reference data, the same for every tenant
hedgerow:c03ac66f4958eae7';
begin
  if not hedgerow.is_recorded('policy', '"public"."categories"', 'categories_select', said) then
    drop policy if exists categories_select on public.categories;
    create policy categories_select on public.categories
  as permissive for select to authenticated, anonymous
  using (true);
    perform hedgerow.record('policy', '"public"."categories"', 'categories_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'insert: the caller has the platform role admin. No firewall: reference data, the same for every tenant
hedgerow:c05a9e5a60caa7a4';
begin
  if not hedgerow.is_recorded('policy', '"public"."categories"', 'categories_insert', said) then
    drop policy if exists categories_insert on public.categories;
    create policy categories_insert on public.categories
  as permissive for insert to authenticated
  with check ((select hedgerow.has_any_user_role(array['admin'])));
    perform hedgerow.record('policy', '"public"."categories"', 'categories_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'update: the caller has the platform role admin; afterwards the caller has the platform role admin. No firewall: reference data, the same for every tenant
hedgerow:888ab28b2c5244d2';
begin
  if not hedgerow.is_recorded('policy', '"public"."categories"', 'categories_update', said) then
    drop policy if exists categories_update on public.categories;
    create policy categories_update on public.categories
  as permissive for update to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])))
  with check ((select hedgerow.has_any_user_role(array['admin'])));
    perform hedgerow.record('policy', '"public"."categories"', 'categories_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'delete: the caller has the platform role admin. No firewall: reference data, the same for every tenant
hedgerow:9f057492e0ee3313';
begin
  if not hedgerow.is_recorded('policy', '"public"."categories"', 'categories_delete', said) then
    drop policy if exists categories_delete on public.categories;
    create policy categories_delete on public.categories
  as permissive for delete to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])));
    perform hedgerow.record('policy', '"public"."categories"', 'categories_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."categories"', '') = '21f695862a4bee58' then
    perform hedgerow.revoke_all('"public"."categories"');
    grant select (id, name, position) on table public.categories to authenticated, anonymous;
    grant insert (name, position) on table public.categories to authenticated;
    grant update (name, position) on table public.categories to authenticated;
    grant delete on table public.categories to authenticated;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.grant_sequences('"public"."categories"', '{}');
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."categories"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."categories"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."comments"'::regclass) then
    alter table public.comments enable row level security;
    alter table public.comments force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."comments"'::regclass and polname not in ('comments_firewall_select'::name, 'comments_select'::name, 'comments_firewall_insert'::name, 'comments_insert'::name, 'comments_firewall_update'::name, 'comments_firewall_delete'::name, 'comments_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."comments"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, select: the caller can read the row of documents that documentId points to and the caller is signed in.
hedgerow:a2f23330b57a13e1';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_firewall_select', said) then
    drop policy if exists comments_firewall_select on public.comments;
    create policy comments_firewall_select on public.comments
  as restrictive for select to public
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and (select hedgerow.get_user_id() is not null));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_firewall_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'select: the caller can read the row of documents that documentId points to and the caller is signed in.
hedgerow:e576bc00d20419ea';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_select', said) then
    drop policy if exists comments_select on public.comments;
    create policy comments_select on public.comments
  as permissive for select to authenticated
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and (select hedgerow.get_user_id() is not null));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, insert: the caller can read the row of documents that documentId points to.
hedgerow:4a50386e41f9a2a8';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_firewall_insert', said) then
    drop policy if exists comments_firewall_insert on public.comments;
    create policy comments_firewall_insert on public.comments
  as restrictive for insert to public
  with check (exists (select 1 from public.documents as parent where parent.id = comments.document_id));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_firewall_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'insert: the caller can read the row of documents that documentId points to and userId is the caller.
hedgerow:822775d1d61ecc0f';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_insert', said) then
    drop policy if exists comments_insert on public.comments;
    create policy comments_insert on public.comments
  as permissive for insert to authenticated
  with check (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and comments.user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, update: the caller can read the row of documents that documentId points to; afterwards the caller can read the row of documents that documentId points to.
hedgerow:f092d22c9734b756';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_firewall_update', said) then
    drop policy if exists comments_firewall_update on public.comments;
    create policy comments_firewall_update on public.comments
  as restrictive for update to public
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id))
  with check (exists (select 1 from public.documents as parent where parent.id = comments.document_id));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_firewall_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, delete: the caller can read the row of documents that documentId points to and userId is the caller.
hedgerow:1004e84f4dc2c1f9';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_firewall_delete', said) then
    drop policy if exists comments_firewall_delete on public.comments;
    create policy comments_firewall_delete on public.comments
  as restrictive for delete to public
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and comments.user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_firewall_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'delete: the caller can read the row of documents that documentId points to and userId is the caller.
hedgerow:2606fdf196337d9c';
begin
  if not hedgerow.is_recorded('policy', '"public"."comments"', 'comments_delete', said) then
    drop policy if exists comments_delete on public.comments;
    create policy comments_delete on public.comments
  as permissive for delete to authenticated
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and comments.user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."comments"', 'comments_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."comments"', '') = '42fe9ec0f92aa91e' then
    perform hedgerow.revoke_all('"public"."comments"');
    grant select (id, document_id, user_id, body) on table public.comments to authenticated;
    grant insert (document_id, user_id, body) on table public.comments to authenticated;
    grant delete on table public.comments to authenticated;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.grant_sequences('"public"."comments"', '{}');
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."comments"'::regclass and tgname like 'HEDGEROW\_%' and tgname not in ('HEDGEROW_document_id_93e3f8cf63f62b47'::name) loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."comments"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create or replace function hedgerow.reference_public_comments_document_id_3c45a3486de6a1d4() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  if new.document_id is not null
    and not exists (select 1 from public.documents as parent where parent.id = new.document_id)
    and not (
      pg_catalog.row_security_active('"public"."documents"'::regclass)
      and pg_catalog.pg_has_role(current_user, (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'member')
    )
  then
    raise foreign_key_violation using
      message = 'insert or update on table "comments" violates foreign key constraint "comments_document_id_documents_id_fk"',
      schema = 'public', table = 'comments',
      column = 'document_id', constraint = 'comments_document_id_documents_id_fk';
  end if;
  return null;
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.reference_public_comments_document_id_3c45a3486de6a1d4() from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:79366e8870750f8b';
begin
  if not hedgerow.is_recorded('trigger', '"public"."comments"', 'HEDGEROW_document_id_93e3f8cf63f62b47', said) then
    drop trigger if exists "HEDGEROW_document_id_93e3f8cf63f62b47" on public.comments;
    create trigger "HEDGEROW_document_id_93e3f8cf63f62b47" after insert or update of document_id on public.comments
  for each row execute function hedgerow.reference_public_comments_document_id_3c45a3486de6a1d4();
    perform hedgerow.record('trigger', '"public"."comments"', 'HEDGEROW_document_id_93e3f8cf63f62b47', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."contact_messages"'::regclass) then
    alter table public.contact_messages enable row level security;
    alter table public.contact_messages force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."contact_messages"'::regclass and polname not in ('contact_messages_select'::name, 'contact_messages_insert'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."contact_messages"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'select: the caller has the platform role admin. No firewall: written by people who have no account
hedgerow:4cac3bbcb07cd859';
begin
  if not hedgerow.is_recorded('policy', '"public"."contact_messages"', 'contact_messages_select', said) then
    drop policy if exists contact_messages_select on public.contact_messages;
    create policy contact_messages_select on public.contact_messages
  as permissive for select to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])));
    perform hedgerow.record('policy', '"public"."contact_messages"', 'contact_messages_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'insert: always. No firewall: written by people who have no account
hedgerow:d3b08696e92e715a';
begin
  if not hedgerow.is_recorded('policy', '"public"."contact_messages"', 'contact_messages_insert', said) then
    drop policy if exists contact_messages_insert on public.contact_messages;
    create policy contact_messages_insert on public.contact_messages
  as permissive for insert to authenticated, anonymous
  with check (true);
    perform hedgerow.record('policy', '"public"."contact_messages"', 'contact_messages_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."contact_messages"', '') = 'e6809a8714744d5d' then
    perform hedgerow.revoke_all('"public"."contact_messages"');
    grant select (id, email, message) on table public.contact_messages to authenticated;
    grant insert (email, message) on table public.contact_messages to authenticated, anonymous;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.grant_sequences('"public"."contact_messages"', '{}');
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."contact_messages"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."contact_messages"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."documents"'::regclass) then
    alter table public.documents enable row level security;
    alter table public.documents force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."documents"'::regclass and polname not in ('documents_firewall_select'::name, 'documents_select'::name, 'documents_firewall_insert'::name, 'documents_insert'::name, 'documents_firewall_update'::name, 'documents_update'::name, 'documents_firewall_delete'::name, 'documents_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."documents"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, select: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).
hedgerow:7d960eacecc36468';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_firewall_select', said) then
    drop policy if exists documents_firewall_select on public.documents;
    create policy documents_firewall_select on public.documents
  as restrictive for select to public
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_firewall_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'select: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).
hedgerow:22b4866a44be145f';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_select', said) then
    drop policy if exists documents_select on public.documents;
    create policy documents_select on public.documents
  as permissive for select to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, insert: organizationId is the caller''s active organization.
hedgerow:1b941529797447da';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_firewall_insert', said) then
    drop policy if exists documents_firewall_insert on public.documents;
    create policy documents_firewall_insert on public.documents
  as restrictive for insert to public
  with check (organization_id = (select hedgerow.get_active_org_id()));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_firewall_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'insert: organizationId is the caller''s active organization, the caller has the role member, admin or owner and userId is the caller.
hedgerow:a0bf87fbc84fa673';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_insert', said) then
    drop policy if exists documents_insert on public.documents;
    create policy documents_insert on public.documents
  as permissive for insert to authenticated
  with check (organization_id = (select hedgerow.get_active_org_id_as(array['member', 'admin', 'owner'])) and user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, update: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller); afterwards organizationId is the caller''s active organization.
hedgerow:994f4617f7469f5e';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_firewall_update', said) then
    drop policy if exists documents_firewall_update on public.documents;
    create policy documents_firewall_update on public.documents
  as restrictive for update to public
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())))
  with check (organization_id = (select hedgerow.get_active_org_id()));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_firewall_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'update: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller); afterwards organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).
hedgerow:68b92b0fa247e2d5';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_update', said) then
    drop policy if exists documents_update on public.documents;
    create policy documents_update on public.documents
  as permissive for update to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())))
  with check (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, delete: organizationId is the caller''s active organization and the caller has the role admin or owner.
hedgerow:97210c650c58afa7';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_firewall_delete', said) then
    drop policy if exists documents_firewall_delete on public.documents;
    create policy documents_firewall_delete on public.documents
  as restrictive for delete to public
  using (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_firewall_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'delete: organizationId is the caller''s active organization and the caller has the role admin or owner.
hedgerow:894b7a0c08aca877';
begin
  if not hedgerow.is_recorded('policy', '"public"."documents"', 'documents_delete', said) then
    drop policy if exists documents_delete on public.documents;
    create policy documents_delete on public.documents
  as permissive for delete to authenticated
  using (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."documents"', 'documents_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."documents"', '') = 'ff2894aee344f742' then
    perform hedgerow.revoke_all('"public"."documents"');
    grant select (id, organization_id, user_id, project_id, title, created_at) on table public.documents to authenticated;
    grant insert (user_id, project_id, title, created_at) on table public.documents to authenticated;
    grant update (user_id, project_id, title, created_at) on table public.documents to authenticated;
    grant delete on table public.documents to authenticated;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.grant_sequences('"public"."documents"', '{}');
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."documents"'::regclass and tgname like 'HEDGEROW\_%' and tgname not in ('HEDGEROW_project_id_3b0669fcfbde7fd7'::name) loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."documents"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create or replace function hedgerow.reference_public_documents_project_id_c9e94cb363955dde() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
  if new.project_id is not null
    and not exists (select 1 from public.projects as parent where parent.id = new.project_id and parent.organization_id = new.organization_id)
    and not (
      pg_catalog.row_security_active('"public"."projects"'::regclass)
      and pg_catalog.pg_has_role(current_user, (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'member')
    )
  then
    raise foreign_key_violation using
      message = 'insert or update on table "documents" violates foreign key constraint "documents_project_id_projects_id_fk"',
      schema = 'public', table = 'documents',
      column = 'project_id', constraint = 'documents_project_id_projects_id_fk';
  end if;
  return null;
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.reference_public_documents_project_id_c9e94cb363955dde() from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:24745571f5202852';
begin
  if not hedgerow.is_recorded('trigger', '"public"."documents"', 'HEDGEROW_project_id_3b0669fcfbde7fd7', said) then
    drop trigger if exists "HEDGEROW_project_id_3b0669fcfbde7fd7" on public.documents;
    create trigger "HEDGEROW_project_id_3b0669fcfbde7fd7" after insert or update of project_id, organization_id on public.documents
  for each row execute function hedgerow.reference_public_documents_project_id_c9e94cb363955dde();
    perform hedgerow.record('trigger', '"public"."documents"', 'HEDGEROW_project_id_3b0669fcfbde7fd7', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."preferences"'::regclass) then
    alter table public.preferences enable row level security;
    alter table public.preferences force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."preferences"'::regclass and polname not in ('preferences_firewall_select'::name, 'preferences_select'::name, 'preferences_firewall_insert'::name, 'preferences_insert'::name, 'preferences_firewall_update'::name, 'preferences_update'::name, 'preferences_firewall_delete'::name, 'preferences_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."preferences"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, select: userId is the caller.
hedgerow:0c7c990d2980a910';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_firewall_select', said) then
    drop policy if exists preferences_firewall_select on public.preferences;
    create policy preferences_firewall_select on public.preferences
  as restrictive for select to public
  using (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_firewall_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'select: userId is the caller.
hedgerow:8e67543a1c8b230e';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_select', said) then
    drop policy if exists preferences_select on public.preferences;
    create policy preferences_select on public.preferences
  as permissive for select to authenticated
  using (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, insert: userId is the caller.
hedgerow:6d1d8a14014546d9';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_firewall_insert', said) then
    drop policy if exists preferences_firewall_insert on public.preferences;
    create policy preferences_firewall_insert on public.preferences
  as restrictive for insert to public
  with check (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_firewall_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'insert: userId is the caller.
hedgerow:362cffb22bde00ea';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_insert', said) then
    drop policy if exists preferences_insert on public.preferences;
    create policy preferences_insert on public.preferences
  as permissive for insert to authenticated
  with check (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, update: userId is the caller; afterwards userId is the caller.
hedgerow:64951afdcfb13663';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_firewall_update', said) then
    drop policy if exists preferences_firewall_update on public.preferences;
    create policy preferences_firewall_update on public.preferences
  as restrictive for update to public
  using (user_id = (select hedgerow.get_user_id()))
  with check (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_firewall_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'update: userId is the caller; afterwards userId is the caller.
hedgerow:d9188877218f91e8';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_update', said) then
    drop policy if exists preferences_update on public.preferences;
    create policy preferences_update on public.preferences
  as permissive for update to authenticated
  using (user_id = (select hedgerow.get_user_id()))
  with check (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, delete: userId is the caller.
hedgerow:fff9a94c6fa9c293';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_firewall_delete', said) then
    drop policy if exists preferences_firewall_delete on public.preferences;
    create policy preferences_firewall_delete on public.preferences
  as restrictive for delete to public
  using (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_firewall_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'delete: userId is the caller.
hedgerow:18aaff714bca9194';
begin
  if not hedgerow.is_recorded('policy', '"public"."preferences"', 'preferences_delete', said) then
    drop policy if exists preferences_delete on public.preferences;
    create policy preferences_delete on public.preferences
  as permissive for delete to authenticated
  using (user_id = (select hedgerow.get_user_id()));
    perform hedgerow.record('policy', '"public"."preferences"', 'preferences_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."preferences"', '') = '442ac60a63cd8ee6' then
    perform hedgerow.revoke_all('"public"."preferences"');
    grant select (id, user_id, theme) on table public.preferences to authenticated;
    grant insert (theme) on table public.preferences to authenticated;
    grant update (theme) on table public.preferences to authenticated;
    grant delete on table public.preferences to authenticated;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.grant_sequences('"public"."preferences"', '{}');
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."preferences"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."preferences"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."projects"'::regclass) then
    alter table public.projects enable row level security;
    alter table public.projects force row level security;
  end if;
end$$;
--> statement-breakpoint
do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."projects"'::regclass and polname not in ('projects_firewall_select'::name, 'projects_select'::name, 'projects_firewall_insert'::name, 'projects_insert'::name, 'projects_firewall_update'::name, 'projects_update'::name, 'projects_firewall_delete'::name, 'projects_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."projects"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, select: organizationId is the caller''s active organization and the caller has the role member, admin or owner.
hedgerow:67893dd6decc5e5f';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_select', said) then
    drop policy if exists projects_firewall_select on public.projects;
    create policy projects_firewall_select on public.projects
  as restrictive for select to public
  using (organization_id = (select hedgerow.get_active_org_id_as(array['member', 'admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_select', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'select: organizationId is the caller''s active organization and the caller has the role member, admin or owner.
hedgerow:15480ef3a3df6f65';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_select', said) then
    drop policy if exists projects_select on public.projects;
    create policy projects_select on public.projects
  as permissive for select to authenticated
  using (organization_id = (select hedgerow.get_active_org_id_as(array['member', 'admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_select', said);
  end if;
end$$;
--> statement-breakpoint
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
--> statement-breakpoint
do $$declare said constant text := 'insert: organizationId is the caller''s active organization and the caller has the role admin or owner.
hedgerow:048e77ddf6fc9b37';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_insert', said) then
    drop policy if exists projects_insert on public.projects;
    create policy projects_insert on public.projects
  as permissive for insert to authenticated
  with check (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_insert', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, update: organizationId is the caller''s active organization and the caller has the role admin or owner; afterwards organizationId is the caller''s active organization.
hedgerow:8eaaf88db9f2162e';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_update', said) then
    drop policy if exists projects_firewall_update on public.projects;
    create policy projects_firewall_update on public.projects
  as restrictive for update to public
  using (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])))
  with check (organization_id = (select hedgerow.get_active_org_id()));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'update: organizationId is the caller''s active organization and the caller has the role admin or owner; afterwards organizationId is the caller''s active organization and the caller has the role admin or owner.
hedgerow:ae1fee73b291afe2';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_update', said) then
    drop policy if exists projects_update on public.projects;
    create policy projects_update on public.projects
  as permissive for update to authenticated
  using (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])))
  with check (organization_id = (select hedgerow.get_active_org_id_as(array['admin', 'owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_update', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'Second wall, delete: organizationId is the caller''s active organization and the caller has the role owner.
hedgerow:5889e3ced716392e';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_firewall_delete', said) then
    drop policy if exists projects_firewall_delete on public.projects;
    create policy projects_firewall_delete on public.projects
  as restrictive for delete to public
  using (organization_id = (select hedgerow.get_active_org_id_as(array['owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_firewall_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$declare said constant text := 'delete: organizationId is the caller''s active organization and the caller has the role owner.
hedgerow:a998766a13dddf87';
begin
  if not hedgerow.is_recorded('policy', '"public"."projects"', 'projects_delete', said) then
    drop policy if exists projects_delete on public.projects;
    create policy projects_delete on public.projects
  as permissive for delete to authenticated
  using (organization_id = (select hedgerow.get_active_org_id_as(array['owner'])));
    perform hedgerow.record('policy', '"public"."projects"', 'projects_delete', said);
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"public"."projects"', '') = '404575d293829583' then
    perform hedgerow.revoke_all('"public"."projects"');
    grant select (id, organization_id, name) on table public.projects to authenticated;
    grant insert (name) on table public.projects to authenticated;
    grant update (name) on table public.projects to authenticated;
    grant delete on table public.projects to authenticated;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.grant_sequences('"public"."projects"', '{}');
--> statement-breakpoint
do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."projects"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."projects"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
select hedgerow.drop_functions_but(array['hedgerow.identity()', 'hedgerow.caller()', 'hedgerow.member_organizations()', 'hedgerow.organizations_with_role(text[])', 'hedgerow.get_user_id()', 'hedgerow.get_session_id()', 'hedgerow.get_active_org_id()', 'hedgerow.get_active_team_id()', 'hedgerow.get_active_org_id_as(text[])', 'hedgerow.has_any_role(text[])', 'hedgerow.has_org_role(text)', 'hedgerow.has_any_user_role(text[])', 'hedgerow.is_org_member()', 'hedgerow.is_owner(text)', 'hedgerow.has_claim(text)', 'hedgerow.claim_text(text)', 'hedgerow.claim_bigint(text)', 'hedgerow.claim_double(text)', 'hedgerow.claim_boolean(text)', 'hedgerow.as_uuid(text)', 'hedgerow.entered_user_id()', 'hedgerow.entered_session_id()', 'hedgerow.entered_org_id()', 'hedgerow.entered_team_id()', 'hedgerow.entered_claim(text)', 'hedgerow.enter()', 'hedgerow.admit(boolean, boolean, boolean)', 'hedgerow.refuse_large_objects()', 'hedgerow.forget_prepared()', 'hedgerow.fingerprint(text, regclass, name)', 'hedgerow.is_recorded(text, regclass, name, text)', 'hedgerow.record(text, regclass, name, text)', 'hedgerow.revoke_all(regclass)', 'hedgerow.grant_sequences(regclass, jsonb)', 'hedgerow.drop_functions_but(text[])', 'hedgerow.record_helpers()', 'hedgerow.remember(text, text[])', 'hedgerow.reference_public_comments_document_id_3c45a3486de6a1d4()', 'hedgerow.reference_public_documents_project_id_c9e94cb363955dde()']);
--> statement-breakpoint
select hedgerow.record_helpers();
--> statement-breakpoint
select hedgerow.remember('dc12dee2a70bde8a', array['048e77ddf6fc9b37', '0c7c990d2980a910', '1004e84f4dc2c1f9', '15480ef3a3df6f65', '18aaff714bca9194', '1b941529797447da', '22b4866a44be145f', '24745571f5202852', '2606fdf196337d9c', '362cffb22bde00ea', '4a50386e41f9a2a8', '4cac3bbcb07cd859', '5889e3ced716392e', '64951afdcfb13663', '67893dd6decc5e5f', '68b92b0fa247e2d5', '6d1d8a14014546d9', '79366e8870750f8b', '7d960eacecc36468', '822775d1d61ecc0f', '888ab28b2c5244d2', '894b7a0c08aca877', '8e67543a1c8b230e', '8eaaf88db9f2162e', '95af0012d07bd88c', '97210c650c58afa7', '994f4617f7469f5e', '9f057492e0ee3313', 'a0bf87fbc84fa673', 'a2f23330b57a13e1', 'a998766a13dddf87', 'ae1fee73b291afe2', 'b437db92d7fdd112', 'c03ac66f4958eae7', 'c05a9e5a60caa7a4', 'cdb4b6283ae35791', 'd3b08696e92e715a', 'd9188877218f91e8', 'e576bc00d20419ea', 'f092d22c9734b756', 'fff9a94c6fa9c293']);
