-- Hedgerow: roles and helper functions, for the policies that follow.
select pg_advisory_xact_lock(7522529147838689143);
--> statement-breakpoint
do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'authenticated') then
    create role authenticated nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'anonymous') then
    create role anonymous nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'hedgerow_definer') then
    create role hedgerow_definer nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'hedgerow_api') then
    create role hedgerow_api login noinherit;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = 'hedgerow_auth') then
    create role hedgerow_auth login;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ declare r name; begin
  select rolname into r from pg_catalog.pg_roles
  where rolname in ('authenticated', 'anonymous', 'hedgerow_definer', 'hedgerow_api', 'hedgerow_auth') and (rolsuper or rolbypassrls) limit 1;
  if r is not null then
    raise exception 'role % is a superuser or bypasses row-level security', r
      using hint = 'Alter the role (nosuperuser nobypassrls) or use a cluster where the name is free.';
  end if;
end $$;
--> statement-breakpoint
do $$ begin
  if not exists (
    select 1 from pg_catalog.pg_auth_members m where m.roleid = 'authenticated'::regrole and m.member = 'hedgerow_api'::regrole
  ) then
    grant authenticated to hedgerow_api;
  end if;
end $$;
--> statement-breakpoint
do $$ begin
  if not exists (
    select 1 from pg_catalog.pg_auth_members m where m.roleid = 'anonymous'::regrole and m.member = 'hedgerow_api'::regrole
  ) then
    grant anonymous to hedgerow_api;
  end if;
end $$;
--> statement-breakpoint
do $$ declare d record; begin
  for d in
    select distinct n.nspname, a.defaclobjtype, acl.grantee, g.rolname
    from pg_catalog.pg_default_acl a cross join pg_catalog.aclexplode(a.defaclacl) acl
    left join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace
    left join pg_catalog.pg_roles g on g.oid = acl.grantee
    where a.defaclrole = current_user::regrole and a.defaclobjtype in ('r', 'S')
      and (acl.grantee = 0 or g.rolname in ('public', 'hedgerow_api', 'authenticated', 'anonymous', 'hedgerow_auth', 'hedgerow_definer'))
  loop
    execute pg_catalog.format('alter default privileges %s revoke all on %s from %s',
      coalesce('in schema ' || pg_catalog.quote_ident(d.nspname), ''),
      case d.defaclobjtype when 'r' then 'tables' else 'sequences' end,
      case when d.grantee = 0 then 'public' else pg_catalog.quote_ident(d.rolname) end);
  end loop;
end $$;
--> statement-breakpoint
do $$ begin
  if pg_catalog.current_setting('server_version_num')::int < 160000 then
    if not pg_catalog.pg_has_role(current_user, 'hedgerow_definer', 'member') then
      grant hedgerow_definer to current_user;
    end if;
  elsif not pg_catalog.pg_has_role(current_user, 'hedgerow_definer', 'set') then
    execute 'grant hedgerow_definer to current_user with inherit false, set true';
  end if;
end $$;
--> statement-breakpoint
create schema if not exists hedgerow;
--> statement-breakpoint
revoke all on schema hedgerow from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant usage, create on schema hedgerow to hedgerow_definer;
--> statement-breakpoint
grant usage on schema hedgerow to authenticated, anonymous;
--> statement-breakpoint
do $$declare other regclass; begin
  for other in
    select v.oid from pg_catalog.pg_class v
    where v.relnamespace = pg_catalog.to_regnamespace('hedgerow') and v.relkind = 'v' and v.relname <> all (array['user_sessions']::name[])
      and pg_catalog.obj_description(v.oid, 'pg_class') like 'hedgerow:%'
  loop
    execute pg_catalog.format('drop view %s', other);
  end loop;
end$$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  if pg_catalog.to_regclass('hedgerow.seal_keys') is not null then return; end if;
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create table if not exists hedgerow.seal_keys (one boolean primary key default true check (one), inner_key bytea not null, outer_key bytea not null)';
  execute 'alter table hedgerow.seal_keys enable row level security';
  execute 'insert into hedgerow.seal_keys (inner_key, outer_key) values (pg_catalog.decode(pg_catalog.replace(pg_catalog.concat(pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid()), ''-'', ''''), ''hex''), pg_catalog.decode(pg_catalog.replace(pg_catalog.concat(pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid()), ''-'', ''''), ''hex'')) on conflict do nothing';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  if pg_catalog.to_regclass('hedgerow.entries') is not null then return; end if;
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create table if not exists hedgerow.entries ()';
  execute 'alter table hedgerow.entries enable row level security';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
do $$ begin
  if exists (select 1 from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('hedgerow.identity()') and proowner <> 'hedgerow_definer'::regrole) then
    drop function hedgerow.identity();
  end if;
end $$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create or replace function hedgerow.identity() returns jsonb
language plpgsql stable parallel restricted security definer set search_path = '''' as $$
#variable_conflict use_column
declare
  token_hash bytea := pg_catalog.decode(nullif(pg_catalog.split_part(pg_catalog.current_setting(''hedgerow.request'', true), pg_catalog.chr(30), 8), ''''), ''hex'');
  said text := pg_catalog.current_setting(''hedgerow.caller'', true);
  found_now jsonb;
begin
  if said <> '''' and pg_catalog.current_setting(''hedgerow.seal'', true) = (select pg_catalog.encode(pg_catalog.sha256(k.outer_key || pg_catalog.sha256(k.inner_key || pg_catalog.int4send(pg_catalog.pg_backend_pid())
      || pg_catalog.timestamptz_send(pg_catalog.now()) || pg_catalog.int8send(pg_catalog.pg_stat_get_xact_numscans(''hedgerow.entries''::pg_catalog.regclass)) || pg_catalog.int4send(pg_catalog.length(coalesce(pg_catalog.current_setting(''hedgerow.request'', true), '''')))
      || pg_catalog.convert_to(coalesce(pg_catalog.current_setting(''hedgerow.request'', true), '''') || said, ''UTF8''))), ''hex'') from hedgerow.seal_keys k) then
    return said::jsonb;
  end if;
  if not (token_hash is null) then
    select pg_catalog.to_jsonb(c) into found_now from (
select
  s.id::text as session_id,
  u.id::text as user_id,
  m.organization_id::text as org_id,
  coalesce(array_remove(string_to_array(btrim(regexp_replace(m.role, ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') as org_roles,
  t.id::text as team_id,
  coalesce(array_remove(string_to_array(btrim(regexp_replace(u.role, ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') as user_roles,
  ''{}''::jsonb as claims
from (select token_hash as hash) as credential
join public.session as s on sha256(decode(replace(s.token, E''\\'', E''\\\\''), ''escape'')) = credential.hash
join public."user" as u on u.id = s.user_id
left join public."user" as a on a.id = s.impersonated_by and (a.banned is not true or a.ban_expires <= clock_timestamp()) and (string_to_array(coalesce(nullif(a.role, ''''), ''user''), '','') && array[''admin'']) and (not (coalesce(array_remove(string_to_array(btrim(regexp_replace(coalesce(nullif(u.role, ''''), ''user''), ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') && array[''admin'']) or false)
left join public.member as m on m.organization_id = s.active_organization_id and m.user_id = s.user_id
left join public.team_member as tm on tm.team_id = s.active_team_id and tm.user_id = s.user_id
left join public.team as t on t.id = tm.team_id and t.organization_id = m.organization_id
where s.expires_at > clock_timestamp()
  and (u.banned is not true or u.ban_expires <= clock_timestamp())
  and (s.impersonated_by is null or a.id is not null)
) as c;
  end if;
  return found_now;
end
$$';
  execute 'revoke all on function hedgerow.identity() from public, hedgerow_api, hedgerow_auth';
  execute 'grant execute on function hedgerow.identity() to authenticated, anonymous';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
do $$ begin
  if exists (select 1 from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('hedgerow.caller()') and proowner <> 'hedgerow_definer'::regrole) then
    drop function hedgerow.caller();
  end if;
end $$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create or replace function hedgerow.caller() returns table(session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb)
language plpgsql stable parallel restricted security definer rows 1 set search_path = '''' as $$
#variable_conflict use_column
declare
  c jsonb := hedgerow.identity();
begin
  if c is not null then
    return query select r.* from pg_catalog.jsonb_to_record(c) as r(session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb);
  end if;
end
$$';
  execute 'revoke all on function hedgerow.caller() from public, hedgerow_api, hedgerow_auth';
  execute 'grant execute on function hedgerow.caller() to authenticated, anonymous';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
do $$ begin
  if exists (select 1 from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('hedgerow.member_organizations()') and proowner <> 'hedgerow_definer'::regrole) then
    drop function hedgerow.member_organizations();
  end if;
end $$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create or replace function hedgerow.member_organizations() returns text[]
language plpgsql stable parallel restricted security definer set search_path = '''' as $$
begin
  return array(
    select m.organization_id::text from hedgerow.caller() as c
    join public.member as m on m.user_id = c.user_id
  );
end
$$';
  execute 'revoke all on function hedgerow.member_organizations() from public, hedgerow_api, hedgerow_auth';
  execute 'grant execute on function hedgerow.member_organizations() to authenticated, anonymous';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
do $$ begin
  if exists (select 1 from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('hedgerow.organizations_with_role(text[])') and proowner <> 'hedgerow_definer'::regrole) then
    drop function hedgerow.organizations_with_role(text[]);
  end if;
end $$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create or replace function hedgerow.organizations_with_role(roles text[]) returns text[]
language plpgsql stable parallel restricted security definer set search_path = '''' as $$
begin
  return array(
    select m.organization_id::text from hedgerow.caller() as c
    join public.member as m on m.user_id = c.user_id
    where coalesce(array_remove(string_to_array(btrim(regexp_replace(m.role, ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') && $1
  );
end
$$';
  execute 'revoke all on function hedgerow.organizations_with_role(text[]) from public, hedgerow_api, hedgerow_auth';
  execute 'grant execute on function hedgerow.organizations_with_role(text[]) to authenticated, anonymous';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
create or replace function hedgerow.get_user_id() returns text
language sql stable parallel restricted as $$
select hedgerow.identity() operator(pg_catalog.->>) 'user_id'
$$;
--> statement-breakpoint
revoke all on function hedgerow.get_user_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.get_user_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.get_session_id() returns text
language sql stable parallel restricted as $$
select hedgerow.identity() operator(pg_catalog.->>) 'session_id'
$$;
--> statement-breakpoint
revoke all on function hedgerow.get_session_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.get_session_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.get_active_org_id() returns text
language sql stable parallel restricted as $$
select hedgerow.identity() operator(pg_catalog.->>) 'org_id'
$$;
--> statement-breakpoint
revoke all on function hedgerow.get_active_org_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.get_active_org_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.get_active_team_id() returns text
language sql stable parallel restricted as $$
select hedgerow.identity() operator(pg_catalog.->>) 'team_id'
$$;
--> statement-breakpoint
revoke all on function hedgerow.get_active_team_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.get_active_team_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.get_active_org_id_as(roles text[]) returns text
language plpgsql stable parallel restricted set search_path = '' as $$
declare
  c jsonb := hedgerow.identity();
begin
  return case when c -> 'org_roles' ?| roles then c ->> 'org_id' end;
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.get_active_org_id_as(text[]) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.get_active_org_id_as(text[]) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.has_any_role(roles text[]) returns boolean
language sql stable parallel restricted as $$
select coalesce((hedgerow.identity() operator(pg_catalog.->) 'org_roles') operator(pg_catalog.?|) roles, false)
$$;
--> statement-breakpoint
revoke all on function hedgerow.has_any_role(text[]) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.has_any_role(text[]) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.has_org_role(role text) returns boolean
language sql stable parallel restricted as $$
select coalesce((hedgerow.identity() operator(pg_catalog.->) 'org_roles') operator(pg_catalog.?) role, false)
$$;
--> statement-breakpoint
revoke all on function hedgerow.has_org_role(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.has_org_role(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.has_any_user_role(roles text[]) returns boolean
language sql stable parallel restricted as $$
select coalesce((hedgerow.identity() operator(pg_catalog.->) 'user_roles') operator(pg_catalog.?|) roles, false)
$$;
--> statement-breakpoint
revoke all on function hedgerow.has_any_user_role(text[]) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.has_any_user_role(text[]) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.is_org_member() returns boolean
language sql stable parallel restricted as $$
select (hedgerow.identity() operator(pg_catalog.->>) 'org_id') is not null
$$;
--> statement-breakpoint
revoke all on function hedgerow.is_org_member() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.is_org_member() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.is_owner(owner_id text) returns boolean
language sql stable parallel restricted as $$
select coalesce((hedgerow.identity() operator(pg_catalog.->>) 'user_id') operator(pg_catalog.=) owner_id, false)
$$;
--> statement-breakpoint
revoke all on function hedgerow.is_owner(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.is_owner(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.has_claim(name text) returns boolean
language plpgsql stable parallel restricted set search_path = '' as $$
declare
  v jsonb := hedgerow.identity() -> 'claims' -> name;
  t text := v #>> '{}';
begin return t is not null; end
$$;
--> statement-breakpoint
revoke all on function hedgerow.has_claim(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.has_claim(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.claim_text(name text) returns text
language plpgsql stable parallel restricted set search_path = '' as $$
declare
  v jsonb := hedgerow.identity() -> 'claims' -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'string' then t end; end
$$;
--> statement-breakpoint
revoke all on function hedgerow.claim_text(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.claim_text(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.claim_bigint(name text) returns bigint
language plpgsql stable parallel restricted set search_path = '' as $$
declare
  v jsonb := hedgerow.identity() -> 'claims' -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'number' and t::numeric = pg_catalog.trunc(t::numeric) and pg_catalog.abs(t::numeric) <= 9007199254740991
    then t::numeric::bigint end; end
$$;
--> statement-breakpoint
revoke all on function hedgerow.claim_bigint(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.claim_bigint(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.claim_double(name text) returns double precision
language plpgsql stable parallel restricted set search_path = '' as $$
declare
  v jsonb := hedgerow.identity() -> 'claims' -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'number' then t::double precision end; end
$$;
--> statement-breakpoint
revoke all on function hedgerow.claim_double(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.claim_double(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.claim_boolean(name text) returns boolean
language plpgsql stable parallel restricted set search_path = '' as $$
declare
  v jsonb := hedgerow.identity() -> 'claims' -> name;
  t text := v #>> '{}';
begin return case when pg_catalog.jsonb_typeof(v) = 'boolean' then t::boolean end; end
$$;
--> statement-breakpoint
revoke all on function hedgerow.claim_boolean(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.claim_boolean(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.as_uuid(value text) returns uuid
language sql immutable parallel safe as $$
select case when value operator(pg_catalog.~) '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then value::pg_catalog.uuid end
$$;
--> statement-breakpoint
revoke all on function hedgerow.as_uuid(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.as_uuid(text) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.entered_user_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_user_id()
$$;
--> statement-breakpoint
revoke all on function hedgerow.entered_user_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.entered_user_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.entered_session_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_session_id()
$$;
--> statement-breakpoint
revoke all on function hedgerow.entered_session_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.entered_session_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.entered_org_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_active_org_id()
$$;
--> statement-breakpoint
revoke all on function hedgerow.entered_org_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.entered_org_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.entered_team_id() returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.get_active_team_id()
$$;
--> statement-breakpoint
revoke all on function hedgerow.entered_team_id() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.entered_team_id() to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.entered_claim(name text) returns text
language sql stable parallel restricted set search_path = '' as $$
select hedgerow.identity() -> 'claims' ->> name
$$;
--> statement-breakpoint
revoke all on function hedgerow.entered_claim(text) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.entered_claim(text) to authenticated, anonymous;
--> statement-breakpoint
do $$ begin
  if exists (select 1 from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('hedgerow.enter()') and proowner <> 'hedgerow_definer'::regrole) then
    drop function hedgerow.enter();
  end if;
end $$;
--> statement-breakpoint
do $as_definer$ declare owner name := current_user; begin
  perform pg_catalog.set_config('role', 'hedgerow_definer', true);
  execute 'create or replace function hedgerow.enter() returns table(session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb)
language plpgsql volatile security definer rows 1 set search_path = '''' as $$
#variable_conflict use_column
declare
  token_hash bytea := pg_catalog.decode(nullif(pg_catalog.split_part(pg_catalog.current_setting(''hedgerow.request'', true), pg_catalog.chr(30), 8), ''''), ''hex'');
  said text;
  seal text;
  ignored integer;
  earlier bigint := pg_catalog.pg_stat_get_xact_numscans(''hedgerow.entries''::pg_catalog.regclass);
begin
  perform from hedgerow.entries;
  if not (token_hash is null) then
    select s.session_id, s.user_id, s.org_id, s.org_roles, s.team_id, s.user_roles, s.claims, s.said,
      pg_catalog.encode(pg_catalog.sha256(k.outer_key || pg_catalog.sha256(k.inner_key || pg_catalog.int4send(pg_catalog.pg_backend_pid())
      || pg_catalog.timestamptz_send(pg_catalog.now()) || pg_catalog.int8send(pg_catalog.pg_stat_get_xact_numscans(''hedgerow.entries''::pg_catalog.regclass)) || pg_catalog.int4send(pg_catalog.length(coalesce(pg_catalog.current_setting(''hedgerow.request'', true), '''')))
      || pg_catalog.convert_to(coalesce(pg_catalog.current_setting(''hedgerow.request'', true), '''') || s.said, ''UTF8''))), ''hex'')
    into session_id, user_id, org_id, org_roles, team_id, user_roles, claims, said, seal
    from (select c.*, pg_catalog.to_jsonb(c)::text as said from (
select
  s.id::text as session_id,
  u.id::text as user_id,
  m.organization_id::text as org_id,
  coalesce(array_remove(string_to_array(btrim(regexp_replace(m.role, ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') as org_roles,
  t.id::text as team_id,
  coalesce(array_remove(string_to_array(btrim(regexp_replace(u.role, ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') as user_roles,
  ''{}''::jsonb as claims
from (select token_hash as hash) as credential
join public.session as s on sha256(decode(replace(s.token, E''\\'', E''\\\\''), ''escape'')) = credential.hash
join public."user" as u on u.id = s.user_id
left join public."user" as a on a.id = s.impersonated_by and (a.banned is not true or a.ban_expires <= clock_timestamp()) and (string_to_array(coalesce(nullif(a.role, ''''), ''user''), '','') && array[''admin'']) and (not (coalesce(array_remove(string_to_array(btrim(regexp_replace(coalesce(nullif(u.role, ''''), ''user''), ''[ \t\r\n]*,[ \t\r\n]*'', '','', ''g''), E'' \t\r\n''), '',''), ''''), ''{}'') && array[''admin'']) or false)
left join public.member as m on m.organization_id = s.active_organization_id and m.user_id = s.user_id
left join public.team_member as tm on tm.team_id = s.active_team_id and tm.user_id = s.user_id
left join public.team as t on t.id = tm.team_id and t.organization_id = m.organization_id
where s.expires_at > clock_timestamp()
  and (u.banned is not true or u.ban_expires <= clock_timestamp())
  and (s.impersonated_by is null or a.id is not null)
) as c) as s left join hedgerow.seal_keys as k on true;
  end if;
  ignored := pg_catalog.num_nonnulls(
    pg_catalog.set_config(''hedgerow.caller'', coalesce(said, ''''), true),
    pg_catalog.set_config(''hedgerow.seal'', case when pg_catalog.pg_stat_get_xact_numscans(''hedgerow.entries''::pg_catalog.regclass) > earlier then coalesce(seal, '''') else '''' end, true));
  org_roles := coalesce(org_roles, ''{}'');
  user_roles := coalesce(user_roles, ''{}'');
  claims := coalesce(claims, ''{}'');
  return next;
end
$$';
  execute 'revoke all on function hedgerow.enter() from public, hedgerow_api, hedgerow_auth';
  execute 'grant execute on function hedgerow.enter() to authenticated, anonymous';
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$;
--> statement-breakpoint
create or replace function hedgerow.admit(signed_in boolean, in_organization boolean, allowed boolean) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  if allowed then
    return true;
  end if;
  if not signed_in then
    raise exception using errcode = 'HR401', message = 'authentication is required';
  end if;
  if not in_organization then
    raise exception using errcode = 'HR410', message = 'an active organization is required';
  end if;
  raise exception using errcode = 'HR403', message = 'the caller may not use this operation';
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.admit(boolean, boolean, boolean) from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.admit(boolean, boolean, boolean) to authenticated, anonymous;
--> statement-breakpoint
create or replace function hedgerow.refuse_large_objects() returns void
language plpgsql volatile set search_path = '' as $$
begin
  if exists (select from pg_catalog.pg_largeobject_metadata o where pg_catalog.age(o.xmin) <= 0) then
    raise feature_not_supported using message = 'a large object would belong to every caller';
  end if;
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.refuse_large_objects() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.refuse_large_objects() to authenticated, anonymous;
--> statement-breakpoint
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
--> statement-breakpoint
revoke all on function hedgerow.forget_prepared() from public, hedgerow_api, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant execute on function hedgerow.forget_prepared() to authenticated, anonymous;
--> statement-breakpoint
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
  ) g where g.grantee <> g.relowner
) g)
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.fingerprint(text, regclass, name) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
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
--> statement-breakpoint
revoke all on function hedgerow.is_recorded(text, regclass, name, text) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
create or replace function hedgerow.record(kind text, target regclass, object name, said text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  execute pg_catalog.format('comment on %s %I on %s is %L', kind, object, target,
    said || ':' || hedgerow.fingerprint(kind, target, object));
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.record(text, regclass, name, text) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
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
  ) g where g.grantee <> g.relowner
) g loop
    execute pg_catalog.format('revoke all on table %s from %s cascade', target,
      case when r.grantee = 0 then 'public' else pg_catalog.quote_ident(r.name) end);
  end loop;
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.revoke_all(regclass) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
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
  ) g where g.grantee <> g.relowner
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
--> statement-breakpoint
revoke all on function hedgerow.grant_sequences(regclass, jsonb) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
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
--> statement-breakpoint
revoke all on function hedgerow.drop_functions_but(text[]) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
create or replace function hedgerow.record_helpers() returns void
language plpgsql volatile set search_path = '' as $$
begin
  if not coalesce((pg_catalog.obj_description(pg_catalog.to_regnamespace('hedgerow')::oid, 'pg_namespace') = 'Helpers of Hedgerow.' || e'\n' || 'hedgerow:' || (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')), e'\n' order by pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')) collate "C"), ''), 'UTF8')), 'hex'), 16) from pg_catalog.pg_proc f where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')::oid)), false) then
    execute pg_catalog.format('comment on schema hedgerow is %L', 'Helpers of Hedgerow.' || e'\n' || 'hedgerow:' || (select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')), e'\n' order by pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then case when f.proowner = 0 then 'public' else pg_catalog.pg_get_userbyid(f.proowner)::text end end, pg_catalog.array_to_string((select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C" order by case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end collate "C") from pg_catalog.unnest((select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)) u), ',')) collate "C"), ''), 'UTF8')), 'hex'), 16) from pg_catalog.pg_proc f where f.pronamespace = pg_catalog.to_regnamespace('hedgerow')::oid));
  end if;
end
$$;
--> statement-breakpoint
revoke all on function hedgerow.record_helpers() from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
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
--> statement-breakpoint
revoke all on function hedgerow.remember(text, text[]) from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
revoke create on schema hedgerow from hedgerow_definer;
--> statement-breakpoint
do $$ begin
  if pg_catalog.current_setting('server_version_num')::int < 160000 and exists (
    select from pg_catalog.pg_auth_members m where m.roleid = 'hedgerow_definer'::regrole and m.member = current_user::regrole
  ) then
    revoke hedgerow_definer from current_user;
  end if;
end $$;
--> statement-breakpoint
do $$declare said constant text := 'hedgerow:b06a8a588e9dd5fd';
begin
  if pg_catalog.to_regclass('"hedgerow"."user_sessions"') is null or not hedgerow.is_recorded('view', pg_catalog.to_regclass('"hedgerow"."user_sessions"'), '', said) then
    drop view if exists hedgerow.user_sessions;
    create view hedgerow.user_sessions with (security_invoker = true) as
select c.session_id, c.user_id, c.org_id as active_organization_id, c.team_id as active_team_id, c.org_roles, c.user_roles
from hedgerow.caller() as c;
    execute pg_catalog.format('comment on view %s is %L', pg_catalog.to_regclass('"hedgerow"."user_sessions"'), said || ':' || hedgerow.fingerprint('view', pg_catalog.to_regclass('"hedgerow"."user_sessions"'), ''));
  end if;
end$$;
--> statement-breakpoint
do $$begin
  if not hedgerow.fingerprint('grants', '"hedgerow"."user_sessions"', '') = '91bd87c1419000c0' then
    perform hedgerow.revoke_all('"hedgerow"."user_sessions"');
    grant select on table hedgerow.user_sessions to authenticated, anonymous;
  end if;
end$$;
--> statement-breakpoint
select hedgerow.record_helpers();
