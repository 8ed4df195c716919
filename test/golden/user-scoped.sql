alter table public.preferences enable row level security;

alter table public.preferences force row level security;

do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."preferences"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."preferences"'::regclass);
  end loop;
end$$;

create policy preferences_firewall on public.preferences
  as restrictive for all to public
  using (user_id = (select hedgerow.get_user_id()))
  with check (user_id = (select hedgerow.get_user_id()));

comment on policy preferences_firewall on public.preferences is 'Second wall: userId is the caller.';

create policy preferences_select on public.preferences
  as permissive for select to authenticated
  using (user_id = (select hedgerow.get_user_id()));

comment on policy preferences_select on public.preferences is 'select: userId is the caller.';

create policy preferences_insert on public.preferences
  as permissive for insert to authenticated
  with check (user_id = (select hedgerow.get_user_id()));

comment on policy preferences_insert on public.preferences is 'insert: userId is the caller.';

create policy preferences_update on public.preferences
  as permissive for update to authenticated
  using (user_id = (select hedgerow.get_user_id()))
  with check (user_id = (select hedgerow.get_user_id()));

comment on policy preferences_update on public.preferences is 'update: userId is the caller; afterwards userId is the caller.';

create policy preferences_delete on public.preferences
  as permissive for delete to authenticated
  using (user_id = (select hedgerow.get_user_id()));

comment on policy preferences_delete on public.preferences is 'delete: userId is the caller.';

revoke all on table public.preferences from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;

grant select (id, user_id, theme) on table public.preferences to authenticated;

grant insert (theme) on table public.preferences to authenticated;

grant update (theme) on table public.preferences to authenticated;

grant delete on table public.preferences to authenticated;

do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."preferences"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."preferences"'::regclass);
  end loop;
end$$;
