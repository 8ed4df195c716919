do $$ begin
  if exists (
    select from pg_catalog.unnest(array['public', 'hedgerow_api', 'authenticated', 'anon']) as role where pg_catalog.has_database_privilege(role, pg_catalog.current_database(), 'temporary, create')
  ) then
    execute pg_catalog.format('revoke temporary, create on database %I from public, hedgerow_api, authenticated, anon', pg_catalog.current_database());
  end if;
end $$;

do $$ begin
  if pg_catalog.to_regnamespace('extensions') is not null then
    if exists (select from pg_catalog.unnest(array['public', 'hedgerow_api', 'authenticated', 'anon']) as role where pg_catalog.has_schema_privilege(role, 'extensions', 'create')) then
      revoke create on schema extensions from public, hedgerow_api, authenticated, anon;
    end if;
    if exists (select from pg_catalog.unnest(array['authenticated', 'anon']) as role where not pg_catalog.has_schema_privilege(role, 'extensions', 'usage')) then
      grant usage on schema extensions to authenticated, anon;
    end if;
  end if;
end $$;

revoke create on schema public from public, hedgerow_api, authenticated, anon;

grant usage on schema public to authenticated, anon;

do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."categories"'::regclass) then
    alter table public.categories enable row level security;
    alter table public.categories force row level security;
  end if;
end$$;

do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."categories"'::regclass and polname not in ('categories_select'::name, 'categories_insert'::name, 'categories_update'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."categories"'::regclass);
  end loop;
end$$;

do $$declare said constant text := 'select: always. No firewall: reference data, the same for everyone
hedgerow:b256925b25d15464';
begin
  if not hedgerow.is_recorded('policy', '"public"."categories"', 'categories_select', said) then
    drop policy if exists categories_select on public.categories;
    create policy categories_select on public.categories
  as permissive for select to authenticated, anon
  using (true);
    perform hedgerow.record('policy', '"public"."categories"', 'categories_select', said);
  end if;
end$$;

do $$declare said constant text := 'insert: the caller has the platform role admin. No firewall: reference data, the same for everyone
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

do $$declare said constant text := 'update: the caller has the platform role admin; afterwards the caller has the platform role admin and hidden is not empty. No firewall: reference data, the same for everyone
hedgerow:e9a681b503cae36a';
begin
  if not hedgerow.is_recorded('policy', '"public"."categories"', 'categories_update', said) then
    drop policy if exists categories_update on public.categories;
    create policy categories_update on public.categories
  as permissive for update to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])))
  with check ((select hedgerow.has_any_user_role(array['admin'])) and hidden is not null);
    perform hedgerow.record('policy', '"public"."categories"', 'categories_update', said);
  end if;
end$$;

do $$begin
  if not hedgerow.fingerprint('grants', '"public"."categories"', '') = '454e3e957893b2b6' then
    perform hedgerow.revoke_all('"public"."categories"');
    grant select (id, name, hidden) on table public.categories to authenticated, anon;
    grant insert (name, hidden) on table public.categories to authenticated;
    grant update (name, hidden) on table public.categories to authenticated;
  end if;
end$$;

select hedgerow.grant_sequences('"public"."categories"', '{}');

do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."categories"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."categories"'::regclass);
  end loop;
end$$;

select hedgerow.drop_functions_but(array['hedgerow.get_user_id()', 'hedgerow.get_session_id()', 'hedgerow.get_active_org_id()', 'hedgerow.get_active_team_id()', 'hedgerow.get_active_org_id_as(text[])', 'hedgerow.has_any_role(text[])', 'hedgerow.has_org_role(text)', 'hedgerow.has_any_user_role(text[])', 'hedgerow.is_org_member()', 'hedgerow.is_owner(text)', 'hedgerow.claims()', 'hedgerow.has_claim(text)', 'hedgerow.claim_text(text)', 'hedgerow.claim_bigint(text)', 'hedgerow.claim_double(text)', 'hedgerow.claim_boolean(text)', 'hedgerow.as_uuid(text)', 'hedgerow.entered_user_id()', 'hedgerow.entered_session_id()', 'hedgerow.entered_org_id()', 'hedgerow.entered_team_id()', 'hedgerow.entered_claim(text)', 'hedgerow.refuse_large_objects()', 'hedgerow.forget_prepared()', 'hedgerow.fingerprint(text, regclass, name)', 'hedgerow.is_recorded(text, regclass, name, text)', 'hedgerow.record(text, regclass, name, text)', 'hedgerow.revoke_all(regclass)', 'hedgerow.grant_sequences(regclass, jsonb)', 'hedgerow.drop_functions_but(text[])', 'hedgerow.record_helpers()', 'hedgerow.remember(text, text[])']);

select hedgerow.record_helpers();

select hedgerow.remember('ad04a650c1db7f5e', array['b256925b25d15464', 'c05a9e5a60caa7a4', 'e9a681b503cae36a']);
