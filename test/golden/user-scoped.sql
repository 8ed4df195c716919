do $$begin
  if not (select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = '"public"."preferences"'::regclass) then
    alter table public.preferences enable row level security;
    alter table public.preferences force row level security;
  end if;
end$$;

do $$declare other name; begin
  for other in select polname from pg_catalog.pg_policy where polrelid = '"public"."preferences"'::regclass and polname not in ('preferences_firewall_select'::name, 'preferences_select'::name, 'preferences_firewall_insert'::name, 'preferences_insert'::name, 'preferences_firewall_update'::name, 'preferences_update'::name, 'preferences_firewall_delete'::name, 'preferences_delete'::name) loop
    execute pg_catalog.format('drop policy %I on %s', other, '"public"."preferences"'::regclass);
  end loop;
end$$;

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

do $$begin
  if not hedgerow.fingerprint('grants', '"public"."preferences"', '') = '442ac60a63cd8ee6' then
    perform hedgerow.revoke_all('"public"."preferences"');
    grant select (id, user_id, theme) on table public.preferences to authenticated;
    grant insert (theme) on table public.preferences to authenticated;
    grant update (theme) on table public.preferences to authenticated;
    grant delete on table public.preferences to authenticated;
  end if;
end$$;

select hedgerow.grant_sequences('"public"."preferences"', '{}');

do $$declare other name; begin
  for other in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."preferences"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', other, '"public"."preferences"'::regclass);
  end loop;
end$$;

select hedgerow.drop_functions_but(array['hedgerow.identity()', 'hedgerow.caller()', 'hedgerow.get_user_id()', 'hedgerow.get_session_id()', 'hedgerow.get_active_org_id()', 'hedgerow.get_active_team_id()', 'hedgerow.get_active_org_id_as(text[])', 'hedgerow.has_any_role(text[])', 'hedgerow.has_org_role(text)', 'hedgerow.has_any_user_role(text[])', 'hedgerow.is_org_member()', 'hedgerow.is_owner(text)', 'hedgerow.has_claim(text)', 'hedgerow.claim_text(text)', 'hedgerow.claim_bigint(text)', 'hedgerow.claim_double(text)', 'hedgerow.claim_boolean(text)', 'hedgerow.as_uuid(text)', 'hedgerow.entered_user_id()', 'hedgerow.entered_session_id()', 'hedgerow.entered_org_id()', 'hedgerow.entered_team_id()', 'hedgerow.entered_claim(text)', 'hedgerow.enter()', 'hedgerow.admit(boolean, boolean, boolean)', 'hedgerow.refuse_large_objects()', 'hedgerow.forget_prepared()', 'hedgerow.fingerprint(text, regclass, name)', 'hedgerow.is_recorded(text, regclass, name, text)', 'hedgerow.record(text, regclass, name, text)', 'hedgerow.revoke_all(regclass)', 'hedgerow.grant_sequences(regclass, jsonb)', 'hedgerow.drop_functions_but(text[])', 'hedgerow.record_helpers()', 'hedgerow.remember(text, text[])']);

select hedgerow.record_helpers();

select hedgerow.remember('12ccb0fc42d0a731', array['0c7c990d2980a910', '18aaff714bca9194', '362cffb22bde00ea', '64951afdcfb13663', '6d1d8a14014546d9', '8e67543a1c8b230e', 'd9188877218f91e8', 'fff9a94c6fa9c293']);
