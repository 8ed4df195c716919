-- Hedgerow: row-level security, exactly as declared. It replaces whatever stood on these tables before.
-- guards [["public","account"],["public","categories"],["public","comments"],["public","contact_messages"],["public","documents"],["public","invitation"],["public","member"],["public","organization"],["public","preferences"],["public","projects"],["public","session"],["public","team"],["public","team_member"],["public","user"],["public","verification"]]
select pg_advisory_xact_lock(7522529147838689143);
--> statement-breakpoint
do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$;
--> statement-breakpoint
revoke create on schema public from public;
--> statement-breakpoint
grant usage on schema public to authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
alter table public."user" enable row level security;
--> statement-breakpoint
alter table public."user" force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."user"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."user"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public."user" from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public."user" to hedgerow_auth;
--> statement-breakpoint
grant insert on table public."user" to hedgerow_auth;
--> statement-breakpoint
grant update on table public."user" to hedgerow_auth;
--> statement-breakpoint
grant delete on table public."user" to hedgerow_auth;
--> statement-breakpoint
grant select on table public."user" to hedgerow_definer;
--> statement-breakpoint
alter table public.account enable row level security;
--> statement-breakpoint
alter table public.account force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."account"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."account"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.account from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.account to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.account to hedgerow_auth;
--> statement-breakpoint
grant update on table public.account to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.account to hedgerow_auth;
--> statement-breakpoint
alter table public.invitation enable row level security;
--> statement-breakpoint
alter table public.invitation force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."invitation"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."invitation"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.invitation from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.invitation to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.invitation to hedgerow_auth;
--> statement-breakpoint
grant update on table public.invitation to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.invitation to hedgerow_auth;
--> statement-breakpoint
alter table public.member enable row level security;
--> statement-breakpoint
alter table public.member force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."member"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."member"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.member from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.member to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.member to hedgerow_auth;
--> statement-breakpoint
grant update on table public.member to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.member to hedgerow_auth;
--> statement-breakpoint
grant select on table public.member to hedgerow_definer;
--> statement-breakpoint
alter table public.organization enable row level security;
--> statement-breakpoint
alter table public.organization force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."organization"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."organization"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.organization from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.organization to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.organization to hedgerow_auth;
--> statement-breakpoint
grant update on table public.organization to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.organization to hedgerow_auth;
--> statement-breakpoint
alter table public.session enable row level security;
--> statement-breakpoint
alter table public.session force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."session"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."session"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.session from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.session to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.session to hedgerow_auth;
--> statement-breakpoint
grant update on table public.session to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.session to hedgerow_auth;
--> statement-breakpoint
grant select on table public.session to hedgerow_definer;
--> statement-breakpoint
alter table public.team enable row level security;
--> statement-breakpoint
alter table public.team force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."team"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."team"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.team from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.team to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.team to hedgerow_auth;
--> statement-breakpoint
grant update on table public.team to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.team to hedgerow_auth;
--> statement-breakpoint
grant select on table public.team to hedgerow_definer;
--> statement-breakpoint
alter table public.team_member enable row level security;
--> statement-breakpoint
alter table public.team_member force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."team_member"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."team_member"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.team_member from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.team_member to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.team_member to hedgerow_auth;
--> statement-breakpoint
grant update on table public.team_member to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.team_member to hedgerow_auth;
--> statement-breakpoint
grant select on table public.team_member to hedgerow_definer;
--> statement-breakpoint
alter table public.verification enable row level security;
--> statement-breakpoint
alter table public.verification force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."verification"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."verification"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
revoke all on table public.verification from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select on table public.verification to hedgerow_auth;
--> statement-breakpoint
grant insert on table public.verification to hedgerow_auth;
--> statement-breakpoint
grant update on table public.verification to hedgerow_auth;
--> statement-breakpoint
grant delete on table public.verification to hedgerow_auth;
--> statement-breakpoint
create policy hedgerow_auth_all on public."user"
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_definer_select on public."user"
  as permissive for select to hedgerow_definer
  using (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.account
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.invitation
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.member
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_definer_select on public.member
  as permissive for select to hedgerow_definer
  using (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.organization
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.session
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_definer_select on public.session
  as permissive for select to hedgerow_definer
  using (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.team
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_definer_select on public.team
  as permissive for select to hedgerow_definer
  using (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.team_member
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create policy hedgerow_definer_select on public.team_member
  as permissive for select to hedgerow_definer
  using (true);
--> statement-breakpoint
create policy hedgerow_auth_all on public.verification
  as permissive for all to hedgerow_auth
  using (true)
  with check (true);
--> statement-breakpoint
create unique index if not exists session_token_sha256_uidx on public.session (sha256(decode(replace(token, E'\\', E'\\\\'), 'escape')));
--> statement-breakpoint
alter table public.categories enable row level security;
--> statement-breakpoint
alter table public.categories force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."categories"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."categories"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create policy categories_select on public.categories
  as permissive for select to authenticated, anonymous
  using (true);
--> statement-breakpoint
comment on policy categories_select on public.categories is 'select: always. No firewall: reference data, the same for every tenant';
--> statement-breakpoint
create policy categories_insert on public.categories
  as permissive for insert to authenticated
  with check ((select hedgerow.has_any_user_role(array['admin'])));
--> statement-breakpoint
comment on policy categories_insert on public.categories is 'insert: the caller has the platform role admin. No firewall: reference data, the same for every tenant';
--> statement-breakpoint
create policy categories_update on public.categories
  as permissive for update to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])))
  with check ((select hedgerow.has_any_user_role(array['admin'])));
--> statement-breakpoint
comment on policy categories_update on public.categories is 'update: the caller has the platform role admin; afterwards the caller has the platform role admin. No firewall: reference data, the same for every tenant';
--> statement-breakpoint
create policy categories_delete on public.categories
  as permissive for delete to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])));
--> statement-breakpoint
comment on policy categories_delete on public.categories is 'delete: the caller has the platform role admin. No firewall: reference data, the same for every tenant';
--> statement-breakpoint
revoke all on table public.categories from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select (id, name, "position") on table public.categories to authenticated, anonymous;
--> statement-breakpoint
grant insert (name, "position") on table public.categories to authenticated;
--> statement-breakpoint
grant update (name, "position") on table public.categories to authenticated;
--> statement-breakpoint
grant delete on table public.categories to authenticated;
--> statement-breakpoint
do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."categories"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."categories"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
alter table public.comments enable row level security;
--> statement-breakpoint
alter table public.comments force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."comments"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."comments"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create policy comments_firewall on public.comments
  as restrictive for all to public
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id))
  with check (exists (select 1 from public.documents as parent where parent.id = comments.document_id));
--> statement-breakpoint
comment on policy comments_firewall on public.comments is 'Second wall: the caller can read the row of documents that documentId points to.';
--> statement-breakpoint
create policy comments_select on public.comments
  as permissive for select to authenticated
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and (select hedgerow.get_user_id() is not null));
--> statement-breakpoint
comment on policy comments_select on public.comments is 'select: the caller can read the row of documents that documentId points to and the caller is signed in.';
--> statement-breakpoint
create policy comments_insert on public.comments
  as permissive for insert to authenticated
  with check (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and comments.user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy comments_insert on public.comments is 'insert: the caller can read the row of documents that documentId points to and userId is the caller.';
--> statement-breakpoint
create policy comments_delete on public.comments
  as permissive for delete to authenticated
  using (exists (select 1 from public.documents as parent where parent.id = comments.document_id) and comments.user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy comments_delete on public.comments is 'delete: the caller can read the row of documents that documentId points to and userId is the caller.';
--> statement-breakpoint
revoke all on table public.comments from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select (id, document_id, user_id, body) on table public.comments to authenticated;
--> statement-breakpoint
grant insert (document_id, user_id, body) on table public.comments to authenticated;
--> statement-breakpoint
grant delete on table public.comments to authenticated;
--> statement-breakpoint
do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."comments"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."comments"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create or replace function hedgerow.reference_public_comments_document_id() returns trigger
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
create trigger "HEDGEROW_document_id" after insert or update of document_id on public.comments
  for each row execute function hedgerow.reference_public_comments_document_id();
--> statement-breakpoint
alter table public.contact_messages enable row level security;
--> statement-breakpoint
alter table public.contact_messages force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."contact_messages"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."contact_messages"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create policy contact_messages_select on public.contact_messages
  as permissive for select to authenticated
  using ((select hedgerow.has_any_user_role(array['admin'])));
--> statement-breakpoint
comment on policy contact_messages_select on public.contact_messages is 'select: the caller has the platform role admin. No firewall: written by people who have no account';
--> statement-breakpoint
create policy contact_messages_insert on public.contact_messages
  as permissive for insert to authenticated, anonymous
  with check (true);
--> statement-breakpoint
comment on policy contact_messages_insert on public.contact_messages is 'insert: always. No firewall: written by people who have no account';
--> statement-breakpoint
revoke all on table public.contact_messages from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select (id, email, message) on table public.contact_messages to authenticated;
--> statement-breakpoint
grant insert (email, message) on table public.contact_messages to authenticated, anonymous;
--> statement-breakpoint
do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."contact_messages"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."contact_messages"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
alter table public.documents enable row level security;
--> statement-breakpoint
alter table public.documents force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."documents"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."documents"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create policy documents_firewall on public.documents
  as restrictive for all to public
  using (organization_id = (select hedgerow.get_active_org_id()))
  with check (organization_id = (select hedgerow.get_active_org_id()));
--> statement-breakpoint
comment on policy documents_firewall on public.documents is 'Second wall: organizationId is the caller''s active organization.';
--> statement-breakpoint
create policy documents_select on public.documents
  as permissive for select to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
--> statement-breakpoint
comment on policy documents_select on public.documents is 'select: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).';
--> statement-breakpoint
create policy documents_insert on public.documents
  as permissive for insert to authenticated
  with check (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])) and user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy documents_insert on public.documents is 'insert: organizationId is the caller''s active organization, the caller has the role member, admin or owner and userId is the caller.';
--> statement-breakpoint
create policy documents_update on public.documents
  as permissive for update to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())))
  with check (organization_id = (select hedgerow.get_active_org_id()) and ((select hedgerow.has_any_role(array['admin', 'owner'])) or user_id = (select hedgerow.get_user_id())));
--> statement-breakpoint
comment on policy documents_update on public.documents is 'update: organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller); afterwards organizationId is the caller''s active organization and (the caller has the role admin or owner or userId is the caller).';
--> statement-breakpoint
create policy documents_delete on public.documents
  as permissive for delete to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['admin', 'owner'])));
--> statement-breakpoint
comment on policy documents_delete on public.documents is 'delete: organizationId is the caller''s active organization and the caller has the role admin or owner.';
--> statement-breakpoint
revoke all on table public.documents from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select (id, organization_id, user_id, project_id, title, created_at) on table public.documents to authenticated;
--> statement-breakpoint
grant insert (user_id, project_id, title, created_at) on table public.documents to authenticated;
--> statement-breakpoint
grant update (user_id, project_id, title, created_at) on table public.documents to authenticated;
--> statement-breakpoint
grant delete on table public.documents to authenticated;
--> statement-breakpoint
do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."documents"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."documents"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create or replace function hedgerow.reference_public_documents_project_id() returns trigger
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
create trigger "HEDGEROW_project_id" after insert or update of project_id, organization_id on public.documents
  for each row execute function hedgerow.reference_public_documents_project_id();
--> statement-breakpoint
alter table public.preferences enable row level security;
--> statement-breakpoint
alter table public.preferences force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."preferences"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."preferences"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create policy preferences_firewall on public.preferences
  as restrictive for all to public
  using (user_id = (select hedgerow.get_user_id()))
  with check (user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy preferences_firewall on public.preferences is 'Second wall: userId is the caller.';
--> statement-breakpoint
create policy preferences_select on public.preferences
  as permissive for select to authenticated
  using (user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy preferences_select on public.preferences is 'select: userId is the caller.';
--> statement-breakpoint
create policy preferences_insert on public.preferences
  as permissive for insert to authenticated
  with check (user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy preferences_insert on public.preferences is 'insert: userId is the caller.';
--> statement-breakpoint
create policy preferences_update on public.preferences
  as permissive for update to authenticated
  using (user_id = (select hedgerow.get_user_id()))
  with check (user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy preferences_update on public.preferences is 'update: userId is the caller; afterwards userId is the caller.';
--> statement-breakpoint
create policy preferences_delete on public.preferences
  as permissive for delete to authenticated
  using (user_id = (select hedgerow.get_user_id()));
--> statement-breakpoint
comment on policy preferences_delete on public.preferences is 'delete: userId is the caller.';
--> statement-breakpoint
revoke all on table public.preferences from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select (id, user_id, theme) on table public.preferences to authenticated;
--> statement-breakpoint
grant insert (theme) on table public.preferences to authenticated;
--> statement-breakpoint
grant update (theme) on table public.preferences to authenticated;
--> statement-breakpoint
grant delete on table public.preferences to authenticated;
--> statement-breakpoint
do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."preferences"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."preferences"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
alter table public.projects enable row level security;
--> statement-breakpoint
alter table public.projects force row level security;
--> statement-breakpoint
do $$declare found name; begin
  for found in select polname from pg_catalog.pg_policy where polrelid = '"public"."projects"'::regclass loop
    execute pg_catalog.format('drop policy %I on %s', found, '"public"."projects"'::regclass);
  end loop;
end$$;
--> statement-breakpoint
create policy projects_firewall on public.projects
  as restrictive for all to public
  using (organization_id = (select hedgerow.get_active_org_id()))
  with check (organization_id = (select hedgerow.get_active_org_id()));
--> statement-breakpoint
comment on policy projects_firewall on public.projects is 'Second wall: organizationId is the caller''s active organization.';
--> statement-breakpoint
create policy projects_select on public.projects
  as permissive for select to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));
--> statement-breakpoint
comment on policy projects_select on public.projects is 'select: organizationId is the caller''s active organization and the caller has the role member, admin or owner.';
--> statement-breakpoint
create policy projects_insert on public.projects
  as permissive for insert to authenticated
  with check (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['admin', 'owner'])));
--> statement-breakpoint
comment on policy projects_insert on public.projects is 'insert: organizationId is the caller''s active organization and the caller has the role admin or owner.';
--> statement-breakpoint
create policy projects_update on public.projects
  as permissive for update to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['admin', 'owner'])) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])))
  with check (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['admin', 'owner'])) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));
--> statement-breakpoint
comment on policy projects_update on public.projects is 'update: organizationId is the caller''s active organization, the caller has the role admin or owner and the caller has the role member, admin or owner; afterwards organizationId is the caller''s active organization, the caller has the role admin or owner and the caller has the role member, admin or owner.';
--> statement-breakpoint
create policy projects_delete on public.projects
  as permissive for delete to authenticated
  using (organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['owner'])) and (select hedgerow.has_any_role(array['member', 'admin', 'owner'])));
--> statement-breakpoint
comment on policy projects_delete on public.projects is 'delete: organizationId is the caller''s active organization, the caller has the role owner and the caller has the role member, admin or owner.';
--> statement-breakpoint
revoke all on table public.projects from public, hedgerow_api, authenticated, anonymous, hedgerow_auth, hedgerow_definer;
--> statement-breakpoint
grant select (id, organization_id, name) on table public.projects to authenticated;
--> statement-breakpoint
grant insert (name) on table public.projects to authenticated;
--> statement-breakpoint
grant update (name) on table public.projects to authenticated;
--> statement-breakpoint
grant delete on table public.projects to authenticated;
--> statement-breakpoint
do $$declare found name; begin
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = '"public"."projects"'::regclass and tgname like 'HEDGEROW\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, '"public"."projects"'::regclass);
  end loop;
end$$;
