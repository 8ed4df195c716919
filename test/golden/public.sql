alter table public.categories enable row level security;

alter table public.categories force row level security;

do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."categories"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."categories"'::regclass);
  end loop;
end$$;

create policy categories_select on public.categories
  as permissive for select to authenticated, anonymous
  using (true);

comment on policy categories_select on public.categories is 'select: always. No firewall: reference data, the same for everyone';

create policy categories_insert on public.categories
  as permissive for insert to authenticated
  with check ((select hedgerow.has_any_user_role(array['admin'])));

comment on policy categories_insert on public.categories is 'insert: the caller has the platform role admin. No firewall: reference data, the same for everyone';

create policy categories_update on public.categories
  as permissive for update to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])))
  with check ((select hedgerow.has_any_user_role(array['admin'])) and hidden is not null);

comment on policy categories_update on public.categories is 'update: the caller has the platform role admin; afterwards the caller has the platform role admin and hidden is not empty. No firewall: reference data, the same for everyone';

revoke all on table public.categories from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;

grant select (id, name, hidden) on table public.categories to authenticated, anonymous;

grant insert (name, hidden) on table public.categories to authenticated;

grant update (name, hidden) on table public.categories to authenticated;

do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."categories"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."categories"'::regclass);
  end loop;
end$$;
