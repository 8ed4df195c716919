do $$ begin
  if pg_catalog.to_regprocedure('auth.uid()') is null then
    raise exception 'this database has no function auth.uid(), so it is none of supabase';
  end if;
end $$;

do $$ begin
  if pg_catalog.to_regprocedure('auth.jwt()') is null then
    raise exception 'this database has no function auth.jwt(), so it is none of supabase';
  end if;
end $$;

do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'authenticated') then
    create role authenticated nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;

do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'anon') then
    create role anon nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;

do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'hedgerow_api') then
    create role hedgerow_api login noinherit;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;

do $$ declare r name; begin
  select rolname into r from pg_catalog.pg_roles
  where rolname in ('authenticated', 'anon', 'hedgerow_api') and (rolsuper or rolbypassrls) limit 1;
  if r is not null then
    raise exception 'role % is a superuser or bypasses row-level security', r
      using hint = 'Alter the role (nosuperuser nobypassrls) or use a cluster where the name is free.';
  end if;
end $$;

do $$ begin
  if not exists (
    select 1 from pg_catalog.pg_auth_members m where m.roleid = 'authenticated'::regrole and m.member = 'hedgerow_api'::regrole
  ) then
    grant authenticated to hedgerow_api;
  end if;
end $$;

do $$ begin
  if not exists (
    select 1 from pg_catalog.pg_auth_members m where m.roleid = 'anon'::regrole and m.member = 'hedgerow_api'::regrole
  ) then
    grant anon to hedgerow_api;
  end if;
end $$;

do $$ declare d record; begin
  for d in
    select distinct n.nspname, a.defaclobjtype, acl.grantee, g.rolname
    from pg_catalog.pg_default_acl a cross join pg_catalog.aclexplode(a.defaclacl) acl
    left join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace
    left join pg_catalog.pg_roles g on g.oid = acl.grantee
    where a.defaclrole = current_user::regrole and a.defaclobjtype in ('r', 'S')
      and (acl.grantee = 0 or g.rolname in ('public', 'hedgerow_api', 'authenticated', 'anon'))
  loop
    execute pg_catalog.format('alter default privileges %s revoke all on %s from %s',
      coalesce('in schema ' || pg_catalog.quote_ident(d.nspname), ''),
      case d.defaclobjtype when 'r' then 'tables' else 'sequences' end,
      case when d.grantee = 0 then 'public' else pg_catalog.quote_ident(d.rolname) end);
  end loop;
end $$;

create schema if not exists hedgerow;

revoke all on schema hedgerow from public, hedgerow_api, authenticated, anon;

grant usage on schema hedgerow to authenticated, anon, service_role;

do $$declare other regclass; begin
  for other in
    select v.oid from pg_catalog.pg_class v
    where v.relnamespace = pg_catalog.to_regnamespace('hedgerow') and v.relkind = 'v' and v.relname <> all ('{}'::text[]::name[])
      and pg_catalog.obj_description(v.oid, 'pg_class') like 'hedgerow:%'
  loop
    execute pg_catalog.format('drop view %s', other);
  end loop;
end$$;

drop function if exists hedgerow.enter();

drop function if exists hedgerow.admit(boolean, boolean, boolean);

drop function if exists hedgerow.caller();

drop function if exists hedgerow.identity();

drop table if exists hedgerow.seal_keys, hedgerow.entries;

create or replace function hedgerow.get_user_id() returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin return case when auth.jwt() ->> 'sub' ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then auth.uid()::text end; end
$$;

revoke all on function hedgerow.get_user_id() from public, hedgerow_api;

grant execute on function hedgerow.get_user_id() to authenticated, anon, service_role;

create or replace function hedgerow.get_session_id() returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin return case when hedgerow.get_user_id() is not null then case when pg_catalog.jsonb_typeof((auth.jwt() #> '{session_id}')) = 'string' then nullif((auth.jwt() #> '{session_id}') #>> '{}', '') end end; end
$$;

revoke all on function hedgerow.get_session_id() from public, hedgerow_api;

grant execute on function hedgerow.get_session_id() to authenticated, anon, service_role;

create or replace function hedgerow.get_active_org_id() returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin return case when hedgerow.get_user_id() is not null then case when pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,organization_id}')) = 'string' then nullif((auth.jwt() #> '{app_metadata,organization_id}') #>> '{}', '') end end; end
$$;

revoke all on function hedgerow.get_active_org_id() from public, hedgerow_api;

grant execute on function hedgerow.get_active_org_id() to authenticated, anon, service_role;

create or replace function hedgerow.get_active_team_id() returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin return case when hedgerow.get_active_org_id() is not null then case when pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,team_id}')) = 'string' then nullif((auth.jwt() #> '{app_metadata,team_id}') #>> '{}', '') end end; end
$$;

revoke all on function hedgerow.get_active_team_id() from public, hedgerow_api;

grant execute on function hedgerow.get_active_team_id() to authenticated, anon, service_role;

create or replace function hedgerow.get_active_org_id_as(roles text[]) returns text
language plpgsql stable parallel safe set search_path = '' as $$
begin return case when hedgerow.get_user_id() is not null then case when (case pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,roles}'))
    when 'array' then array(
      select element #>> '{}' from pg_catalog.jsonb_array_elements((auth.jwt() #> '{app_metadata,roles}')) as element
      where pg_catalog.jsonb_typeof(element) = 'string')
    when 'string' then array(
      select part from pg_catalog.unnest(pg_catalog.string_to_array((auth.jwt() #> '{app_metadata,roles}') #>> '{}', ',')) as listed,
        pg_catalog.btrim(listed, e' \t\r\n') as part
      where part <> '')
    else '{}'::text[] end) operator(pg_catalog.&&) roles then case when pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,organization_id}')) = 'string' then nullif((auth.jwt() #> '{app_metadata,organization_id}') #>> '{}', '') end end end; end
$$;

revoke all on function hedgerow.get_active_org_id_as(text[]) from public, hedgerow_api;

grant execute on function hedgerow.get_active_org_id_as(text[]) to authenticated, anon, service_role;

create or replace function hedgerow.has_any_role(roles text[]) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin return coalesce(case when hedgerow.get_active_org_id() is not null then (case pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,roles}'))
    when 'array' then array(
      select element #>> '{}' from pg_catalog.jsonb_array_elements((auth.jwt() #> '{app_metadata,roles}')) as element
      where pg_catalog.jsonb_typeof(element) = 'string')
    when 'string' then array(
      select part from pg_catalog.unnest(pg_catalog.string_to_array((auth.jwt() #> '{app_metadata,roles}') #>> '{}', ',')) as listed,
        pg_catalog.btrim(listed, e' \t\r\n') as part
      where part <> '')
    else '{}'::text[] end) operator(pg_catalog.&&) roles end, false); end
$$;

revoke all on function hedgerow.has_any_role(text[]) from public, hedgerow_api;

grant execute on function hedgerow.has_any_role(text[]) to authenticated, anon, service_role;

create or replace function hedgerow.has_org_role(role text) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin return coalesce(case when hedgerow.get_active_org_id() is not null then role operator(pg_catalog.=) any (case pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,roles}'))
    when 'array' then array(
      select element #>> '{}' from pg_catalog.jsonb_array_elements((auth.jwt() #> '{app_metadata,roles}')) as element
      where pg_catalog.jsonb_typeof(element) = 'string')
    when 'string' then array(
      select part from pg_catalog.unnest(pg_catalog.string_to_array((auth.jwt() #> '{app_metadata,roles}') #>> '{}', ',')) as listed,
        pg_catalog.btrim(listed, e' \t\r\n') as part
      where part <> '')
    else '{}'::text[] end) end, false); end
$$;

revoke all on function hedgerow.has_org_role(text) from public, hedgerow_api;

grant execute on function hedgerow.has_org_role(text) to authenticated, anon, service_role;

create or replace function hedgerow.has_any_user_role(roles text[]) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin return coalesce(case when hedgerow.get_user_id() is not null then (case pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,user_roles}'))
    when 'array' then array(
      select element #>> '{}' from pg_catalog.jsonb_array_elements((auth.jwt() #> '{app_metadata,user_roles}')) as element
      where pg_catalog.jsonb_typeof(element) = 'string')
    when 'string' then array(
      select part from pg_catalog.unnest(pg_catalog.string_to_array((auth.jwt() #> '{app_metadata,user_roles}') #>> '{}', ',')) as listed,
        pg_catalog.btrim(listed, e' \t\r\n') as part
      where part <> '')
    else '{}'::text[] end) operator(pg_catalog.&&) roles end, false); end
$$;

revoke all on function hedgerow.has_any_user_role(text[]) from public, hedgerow_api;

grant execute on function hedgerow.has_any_user_role(text[]) to authenticated, anon, service_role;

create or replace function hedgerow.is_org_member() returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin return (case when hedgerow.get_user_id() is not null then case when pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata,organization_id}')) = 'string' then nullif((auth.jwt() #> '{app_metadata,organization_id}') #>> '{}', '') end end) is not null; end
$$;

revoke all on function hedgerow.is_org_member() from public, hedgerow_api;

grant execute on function hedgerow.is_org_member() to authenticated, anon, service_role;

create or replace function hedgerow.is_owner(owner_id text) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin return coalesce(owner_id operator(pg_catalog.=) (case when auth.jwt() ->> 'sub' ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then auth.uid()::text end), false); end
$$;

revoke all on function hedgerow.is_owner(text) from public, hedgerow_api;

grant execute on function hedgerow.is_owner(text) to authenticated, anon, service_role;

create or replace function hedgerow.claims() returns jsonb
language plpgsql stable parallel safe set search_path = '' as $$
begin return coalesce(case when hedgerow.get_user_id() is not null then case when pg_catalog.jsonb_typeof((auth.jwt() #> '{app_metadata}')) = 'object' then (auth.jwt() #> '{app_metadata}') else '{}'::jsonb end end, '{}'); end
$$;

revoke all on function hedgerow.claims() from public, hedgerow_api;

grant execute on function hedgerow.claims() to authenticated, anon, service_role;

create or replace function hedgerow.has_claim(name text) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v jsonb := hedgerow.claims() -> name;
  t text := v #>> '{}';
begin return coalesce(pg_catalog.jsonb_typeof(v) in ('string', 'number', 'boolean') and t <> '', false); end
$$;

revoke all on function hedgerow.has_claim(text) from public, hedgerow_api;

grant execute on function hedgerow.has_claim(text) to authenticated, anon, service_role;

create or replace function hedgerow.claim_text(name text) returns text
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v jsonb := hedgerow.claims() -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'string' then nullif(t, '') end; end
$$;

revoke all on function hedgerow.claim_text(text) from public, hedgerow_api;

grant execute on function hedgerow.claim_text(text) to authenticated, anon, service_role;

create or replace function hedgerow.claim_bigint(name text) returns bigint
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v jsonb := hedgerow.claims() -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'number' then case when t::numeric = pg_catalog.trunc(t::numeric) and pg_catalog.abs(t::numeric) <= 9007199254740991
    then t::numeric::bigint end end; end
$$;

revoke all on function hedgerow.claim_bigint(text) from public, hedgerow_api;

grant execute on function hedgerow.claim_bigint(text) to authenticated, anon, service_role;

create or replace function hedgerow.claim_double(name text) returns double precision
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v jsonb := hedgerow.claims() -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'number' then case when t::numeric = 0 or pg_catalog.abs(t::numeric) between 4.9e-324 and 1.7976931348623157e308
    then t::double precision end end; end
$$;

revoke all on function hedgerow.claim_double(text) from public, hedgerow_api;

grant execute on function hedgerow.claim_double(text) to authenticated, anon, service_role;

create or replace function hedgerow.claim_boolean(name text) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v jsonb := hedgerow.claims() -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'boolean' then t::boolean end; end
$$;

revoke all on function hedgerow.claim_boolean(text) from public, hedgerow_api;

grant execute on function hedgerow.claim_boolean(text) to authenticated, anon, service_role;

create or replace function hedgerow.as_uuid(value text) returns uuid
language sql immutable parallel safe as $$
select case when value operator(pg_catalog.~) '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then value::pg_catalog.uuid end
$$;

revoke all on function hedgerow.as_uuid(text) from public, hedgerow_api;

grant execute on function hedgerow.as_uuid(text) to authenticated, anon, service_role;

create or replace function hedgerow.entered_user_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_user_id()
$$;

revoke all on function hedgerow.entered_user_id() from public, hedgerow_api;

grant execute on function hedgerow.entered_user_id() to authenticated, anon, service_role;

create or replace function hedgerow.entered_session_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_session_id()
$$;

revoke all on function hedgerow.entered_session_id() from public, hedgerow_api;

grant execute on function hedgerow.entered_session_id() to authenticated, anon, service_role;

create or replace function hedgerow.entered_org_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_active_org_id()
$$;

revoke all on function hedgerow.entered_org_id() from public, hedgerow_api;

grant execute on function hedgerow.entered_org_id() to authenticated, anon, service_role;

create or replace function hedgerow.entered_team_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_active_team_id()
$$;

revoke all on function hedgerow.entered_team_id() from public, hedgerow_api;

grant execute on function hedgerow.entered_team_id() to authenticated, anon, service_role;

create or replace function hedgerow.entered_claim(name text) returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.claims() ->> name
$$;

revoke all on function hedgerow.entered_claim(text) from public, hedgerow_api;

grant execute on function hedgerow.entered_claim(text) to authenticated, anon, service_role;

create or replace function hedgerow.refuse_large_objects() returns void
language plpgsql volatile set search_path = '' as $$
begin
  if exists (select from pg_catalog.pg_largeobject_metadata o where pg_catalog.age(o.xmin) <= 0) then
    raise feature_not_supported using message = 'a large object would belong to every caller';
  end if;
end
$$;

revoke all on function hedgerow.refuse_large_objects() from public, hedgerow_api;

grant execute on function hedgerow.refuse_large_objects() to authenticated, anon, service_role;

create or replace function hedgerow.forget_prepared() returns void
language plpgsql volatile set search_path = '' as $$
declare
  prepared text;
begin
  for prepared in select p.name from pg_catalog.pg_prepared_statement() p where p.from_sql loop
    execute pg_catalog.concat('deallocate "', pg_catalog.replace(prepared, '"', '""'), '"');
  end loop;
end
$$;

revoke all on function hedgerow.forget_prepared() from public, hedgerow_api;

grant execute on function hedgerow.forget_prepared() to authenticated, anon, service_role;

create or replace function hedgerow.fingerprint(kind text, target regclass, object name) returns text
language sql stable set search_path = '' as $$
select case kind
  when 'policy' then (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', p.polcmd::text, p.polpermissive::text, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest(p.polroles) u), ','), coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '-'), coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '-')), 'UTF8')), 'hex'), 16) from pg_catalog.pg_policy p where p.polrelid = target and p.polname = object)
  when 'trigger' then (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', t.tgenabled::text, pg_catalog.pg_get_triggerdef(t.oid)), 'UTF8')), 'hex'), 16) from pg_catalog.pg_trigger t where t.tgrelid = target and t.tgname = object)
  when 'view' then (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.pg_get_viewdef(v.oid) || coalesce(v.reloptions::text, ''), 'UTF8')), 'hex'), 16) from pg_catalog.pg_class v where v.oid = target and v.relkind = 'v')
  when 'grants' then (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(g.named[1] || ' ' || g.privilege || coalesce(' ' || g.attribute, ''), e'\n' order by g.named[1] || ' ' || g.privilege || coalesce(' ' || g.attribute, '') collate "C"), ''), 'UTF8')), 'hex'), 16) from (
  select g.grantee, g.privilege, g.attribute, (select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest(array[g.grantee]) u)::text[] as named from (
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end as privilege, null::text as attribute, granted.relowner
    from pg_catalog.pg_class granted cross join pg_catalog.aclexplode(granted.relacl) acl where granted.oid = target
    union all
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end, part.attname::text, granted.relowner
    from pg_catalog.pg_class granted join pg_catalog.pg_attribute part on part.attrelid = granted.oid and not part.attisdropped
    cross join pg_catalog.aclexplode(part.attacl) acl where granted.oid = target
  ) g where g.grantee <> g.relowner and pg_catalog.pg_get_userbyid(g.grantee) <> 'service_role'
) g)
end
$$;

revoke all on function hedgerow.fingerprint(text, regclass, name) from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.is_recorded(kind text, target regclass, object name, said text) returns boolean
language sql stable set search_path = '' as $$
select coalesce((
  select pg_catalog.obj_description(o.oid, o.catalog) = said || ':' || hedgerow.fingerprint(kind, target, object)
  from (
    select p.oid, 'pg_policy'::name as catalog from pg_catalog.pg_policy p where kind = 'policy' and p.polrelid = target and p.polname = object
    union all
    select t.oid, 'pg_trigger' from pg_catalog.pg_trigger t where kind = 'trigger' and t.tgrelid = target and t.tgname = object
    union all
    select v.oid, 'pg_class' from pg_catalog.pg_class v where kind = 'view' and v.oid = target
  ) o), false)
$$;

revoke all on function hedgerow.is_recorded(text, regclass, name, text) from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.record(kind text, target regclass, object name, said text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  execute pg_catalog.format('comment on %s %I on %s is %L', kind, object, target,
    said || ':' || hedgerow.fingerprint(kind, target, object));
end
$$;

revoke all on function hedgerow.record(text, regclass, name, text) from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.revoke_all(target regclass) returns void
language plpgsql volatile set search_path = '' as $$
declare
  r record;
begin
  for r in select distinct g.grantee, g.named[1] as name from (
  select g.grantee, g.privilege, g.attribute, (select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest(array[g.grantee]) u)::text[] as named from (
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end as privilege, null::text as attribute, granted.relowner
    from pg_catalog.pg_class granted cross join pg_catalog.aclexplode(granted.relacl) acl where granted.oid = target
    union all
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end, part.attname::text, granted.relowner
    from pg_catalog.pg_class granted join pg_catalog.pg_attribute part on part.attrelid = granted.oid and not part.attisdropped
    cross join pg_catalog.aclexplode(part.attacl) acl where granted.oid = target
  ) g where g.grantee <> g.relowner and pg_catalog.pg_get_userbyid(g.grantee) <> 'service_role'
) g loop
    execute pg_catalog.format('revoke all on table %s from %s cascade', target,
      case when r.grantee = 0 then 'public' else pg_catalog.quote_ident(r.name) end);
  end loop;
end
$$;

revoke all on function hedgerow.revoke_all(regclass) from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.grant_sequences(target regclass, readers jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
  s record;
  r text;
begin
  for s in
    select o.sequence::regclass as sequence, w.roles,
      (select pg_catalog.array_agg(g.named[1] || ' ' || g.privilege) from (
  select g.grantee, g.privilege, g.attribute, (select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest(array[g.grantee]) u)::text[] as named from (
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end as privilege, null::text as attribute, granted.relowner
    from pg_catalog.pg_class granted cross join pg_catalog.aclexplode(granted.relacl) acl where granted.oid = o.sequence
    union all
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end, part.attname::text, granted.relowner
    from pg_catalog.pg_class granted join pg_catalog.pg_attribute part on part.attrelid = granted.oid and not part.attisdropped
    cross join pg_catalog.aclexplode(part.attacl) acl where granted.oid = o.sequence
  ) g where g.grantee <> g.relowner and pg_catalog.pg_get_userbyid(g.grantee) <> 'service_role'
) g) as rights,
      (select pg_catalog.array_agg(e || ' USAGE') from pg_catalog.jsonb_array_elements_text(w.roles) e) as wanted
    from (
  select d.objid as sequence, part.attname::text as column from pg_catalog.pg_depend d
  join pg_catalog.pg_class counter on counter.oid = d.objid and counter.relkind = 'S'
  join pg_catalog.pg_attribute part on part.attrelid = d.refobjid and part.attnum = d.refobjsubid
  where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    and d.refobjid = target and d.deptype in ('a', 'i')) o left join pg_catalog.jsonb_each(readers) as w("column", roles) on w."column"::name = o.column::name
  loop
    continue when coalesce(s.rights, '{}') @> coalesce(s.wanted, '{}') and coalesce(s.wanted, '{}') @> coalesce(s.rights, '{}');
    perform hedgerow.revoke_all(s.sequence);
    for r in select pg_catalog.jsonb_array_elements_text(s.roles) loop
      execute pg_catalog.format('grant usage on sequence %s to %I', s.sequence, r);
    end loop;
  end loop;
end
$$;

revoke all on function hedgerow.grant_sequences(regclass, jsonb) from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.drop_functions_but(declared text[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
  other regprocedure;
begin
  for other in select f.oid from pg_catalog.pg_proc f where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')
    and not exists (select from pg_catalog.unnest(declared) as d where pg_catalog.to_regprocedure(d) = f.oid)
    and not exists (select from pg_catalog.pg_depend u where u.refclassid = 'pg_catalog.pg_proc'::regclass and u.refobjid = f.oid) and pg_catalog.pg_has_role(f.proowner, 'usage') loop
    execute pg_catalog.format('drop routine %s', other);
  end loop;
end
$$;

revoke all on function hedgerow.drop_functions_but(text[]) from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.record_helpers() returns void
language plpgsql volatile set search_path = '' as $$
begin
  if not coalesce((pg_catalog.obj_description(pg_catalog.to_regnamespace('hedgerow')::oid, 'pg_namespace') = 'Helpers of Hedgerow.' || e'\n' || 'hedgerow:' || (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')), e'\n' order by pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')) collate "C"), ''), 'UTF8')), 'hex'), 16) from pg_catalog.pg_proc f where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')::oid)), false) then
    execute pg_catalog.format('comment on schema hedgerow is %L', 'Helpers of Hedgerow.' || e'\n' || 'hedgerow:' || (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')), e'\n' order by pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')) collate "C"), ''), 'UTF8')), 'hex'), 16) from pg_catalog.pg_proc f where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')::oid));
  end if;
end
$$;

revoke all on function hedgerow.record_helpers() from public, hedgerow_api, authenticated, anon, service_role;

create or replace function hedgerow.remember(protocol text, declared text[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
  earlier text := (select m.said from pg_catalog.pg_proc f, pg_catalog.obj_description(f.oid, 'pg_proc') as m(said) where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')::oid and f.proname = 'remember');
  said text := pg_catalog.concat_ws(' ', (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(s.line, '' order by s.line collate "C"), 'UTF8')), 'hex'), 16) from (
  select (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')), e'\n' order by pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')) collate "C"), ''), 'UTF8')), 'hex'), 16) from pg_catalog.pg_proc f where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')::oid) as line
  union all select pg_catalog.concat_ws('|', p.polrelid::regclass, pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', p.polcmd::text, p.polpermissive::text, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest(p.polroles) u), ','), coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '-'), coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '-')), 'UTF8')), 'hex'), 16), pg_catalog.obj_description(p.oid, 'pg_policy'))
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid where c.relrowsecurity and c.relforcerowsecurity
  union all select pg_catalog.concat_ws('|', pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', t.tgenabled::text, pg_catalog.pg_get_triggerdef(t.oid)), 'UTF8')), 'hex'), 16), pg_catalog.obj_description(t.oid, 'pg_trigger')) from pg_catalog.pg_trigger t where t.tgname like 'HEDGEROW\_%'
) s), protocol, (
    select pg_catalog.string_agg(k.hash, ' ' order by k.place) from (
      select u.hash, pg_catalog.min(u.place) as place from pg_catalog.unnest(declared || case
        when pg_catalog.split_part(earlier, ' ', 2) = protocol then (pg_catalog.string_to_array(earlier, ' '))[3:]
      end) with ordinality as u(hash, place)
      group by u.hash order by 2 limit greatest(2000, pg_catalog.cardinality(declared))
    ) k));
begin
  if said is distinct from earlier then
    execute pg_catalog.format('comment on function hedgerow.remember(text, text[]) is %L', said);
  end if;
end
$$;

revoke all on function hedgerow.remember(text, text[]) from public, hedgerow_api, authenticated, anon, service_role;

select hedgerow.record_helpers();
