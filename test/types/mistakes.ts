/** Mistakes in declarations, each with what the compiler says, `line:column message`. */
export interface Mistake {
  readonly title: string;
  readonly code: string;
  readonly says: string;
}

export const mistakes: ReadonlyArray<Mistake> = [
  {
    title: "a firewall about a missing column",
    code: `documents.firewall({ field: "orgId", equals: "ctx.activeOrgId" });`,
    says: `1:22 Type '"orgId"' is not assignable to type '"orgId" & Wrong<"there is no column 'orgId' in this table">'.
  Type 'string' is not assignable to type 'Wrong<"there is no column 'orgId' in this table">'.`,
  },
  {
    title: "a firewall in a list about a missing column",
    code: `documents.firewall([{ field: "organizationId", equals: "ctx.activeOrgId" }, { field: "orgId", isNull: true }]);`,
    says: `1:79 Type '"orgId"' is not assignable to type '"orgId" & Wrong<"there is no column 'orgId' in this table">'.
  Type 'string' is not assignable to type 'Wrong<"there is no column 'orgId' in this table">'.`,
  },
  {
    title: "a number compared with a text of the caller",
    code: `documents.firewall({ field: "level", equals: "ctx.userId" });`,
    says: `1:38 Type '"ctx.userId"' is not assignable to type '"ctx.userId" & Wrong<"column 'level' is a number, but 'ctx.userId' is text">'.
  Type 'string' is not assignable to type 'Wrong<"column 'level' is a number, but 'ctx.userId' is text">'.`,
  },
  {
    title: "a value that no caller has",
    code: `documents.firewall({ field: "userId", equals: "ctx.orgId" });`,
    says: `1:39 Type '"ctx.orgId"' is not assignable to type '"ctx.orgId" & Wrong<"'ctx.orgId' is not a value of the caller; use ctx.userId, ctx.activeOrgId, ctx.activeTeamId, ctx.sessionId or a declared ctx.claims.*">'.
  Type 'string' is not assignable to type 'Wrong<"'ctx.orgId' is not a value of the caller; use ctx.userId, ctx.activeOrgId, ctx.activeTeamId, ctx.sessionId or a declared ctx.claims.*">'.`,
  },
  {
    title: "an operator that a firewall has not",
    code: `documents.firewall({ field: "level", lessThan: 5 });`,
    says: `1:38 Type '5' is not assignable to type '5 & Wrong<"a firewall entry has no 'lessThan'">'.
  Type 'number' is not assignable to type 'Wrong<"a firewall entry has no 'lessThan'">'.`,
  },
  {
    title: "an empty firewall",
    code: `documents.firewall([]);`,
    says: `1:20 Argument of type '[]' is not assignable to parameter of type 'readonly [] & Wrong<"an empty firewall protects nothing; write an entry, or { exception: \\"reason\\" }">'.
  Property '"✗"' is missing in type '[]' but required in type 'Wrong<"an empty firewall protects nothing; write an entry, or { exception: \\"reason\\" }">'.`,
  },
  {
    title: "an empty list of values",
    code: `documents.firewall({ field: "userId", in: [] });`,
    says: `1:39 Type '[]' is not assignable to type 'readonly [] & Wrong<"an empty list matches nothing; name at least one value">'.
  Property '"✗"' is missing in type '[]' but required in type 'Wrong<"an empty list matches nothing; name at least one value">'.`,
  },
  {
    title: "a scope that no preset made",
    code: `documents.firewall("organization");`,
    says: `1:20 Argument of type '"organization"' is not assignable to parameter of type '"organization" & Wrong<"this table has no column made by organization()">'.
  Type 'string' is not assignable to type 'Wrong<"this table has no column made by organization()">'.`,
  },
  {
    title: "a scope of another preset",
    code: `table("notes", { id: id(), userId: owner() }).firewall("organization");`,
    says: `1:56 Argument of type '"organization"' is not assignable to parameter of type '"organization" & Wrong<"this table has no column made by organization()">'.
  Type 'string' is not assignable to type 'Wrong<"this table has no column made by organization()">'.`,
  },
  {
    title: "a word that is no scope",
    code: `documents.firewall("tenant");`,
    says: `1:20 Argument of type '"tenant"' is not assignable to parameter of type 'FirewallShape<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<PgTextBuilderInitial<...>>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }> & (Wrong<...> | ... 3 more ... | NoInfer<{ ...; }>)'.`,
  },
  {
    title: "via to a table without a firewall",
    code: `documents.firewall({ field: "userId", via: () => documents });`,
    says: `1:39 Type '() => DraftTable<"documents", { id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<...>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>>' is not assignable to type '(() => DraftTable<"documents", { id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; ... 6 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>>) & Wrong<...>'.
  Type '() => DraftTable<"documents", { id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<...>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>>' is not assignable to type 'Wrong<"the table behind via has no .firewall()">'.`,
  },
  {
    title: "via to something that is no table",
    code: `documents.firewall({ field: "userId", via: () => 5 });`,
    says: `1:39 Type '() => number' is not assignable to type '(() => number) & Wrong<"the table behind via has no .firewall()">'.
  Type '() => number' is not assignable to type 'Wrong<"the table behind via has no .firewall()">'.`,
  },
  {
    title: "access before the firewall",
    code: `documents.access({ read: { roles: ["member"] } });`,
    says: `1:11 This expression is not callable.
  Type 'Wrong<"call .firewall() before .access()">' has no call signatures.`,
  },
  {
    title: "a record about a missing column",
    code: `guarded.access({ read: { record: { ownerId: { equals: "ctx.userId" } } } });`,
    says: `1:36 Type '{ equals: "ctx.userId"; }' is not assignable to type '{ readonly equals: "ctx.userId"; } & Wrong<"there is no column 'ownerId' in this table">'.
  Property '"✗"' is missing in type '{ equals: "ctx.userId"; }' but required in type 'Wrong<"there is no column 'ownerId' in this table">'.`,
  },
  {
    title: "a record that compares a number with a text of the caller",
    code: `guarded.access({ read: { record: { level: { equals: "ctx.userId" } } } });`,
    says: `1:45 Type '"ctx.userId"' is not assignable to type '"ctx.userId" & Wrong<"column 'level' is a number, but 'ctx.userId' is text">'.
  Type 'string' is not assignable to type 'Wrong<"column 'level' is a number, but 'ctx.userId' is text">'.`,
  },
  {
    title: "a record that compares a number with a text",
    code: `guarded.access({ read: { record: { level: { lessThan: "5" } } } });`,
    says: `1:45 Type '"5"' is not assignable to type '"5" & Wrong<"column 'level' is a number and cannot be '5'">'.
  Type 'string' is not assignable to type 'Wrong<"column 'level' is a number and cannot be '5'">'.`,
  },
  {
    title: "a record that compares a text with a number",
    code: `guarded.access({ read: { record: { userId: { equals: 5 } } } });`,
    says: `1:46 Type '5' is not assignable to type '5 & Wrong<"column 'userId' is text, but the value is a number">'.
  Type 'number' is not assignable to type 'Wrong<"column 'userId' is text, but the value is a number">'.`,
  },
  {
    title: "a wrong value in a list",
    code: `guarded.access({ read: { record: { level: { in: [1, "2"] } } } });`,
    says: `1:53 Type '"2"' is not assignable to type '"2" & Wrong<"column 'level' is a number and cannot be '2'">'.
  Type 'string' is not assignable to type 'Wrong<"column 'level' is a number and cannot be '2'">'.`,
  },
  {
    title: "an order of booleans",
    code: `guarded.access({ read: { record: { flag: { lessThan: true } } } });`,
    says: `1:44 Type 'true' is not assignable to type 'true & Wrong<"column 'flag' is a boolean and has no order">'.
  Type 'boolean' is not assignable to type 'Wrong<"column 'flag' is a boolean and has no order">'.`,
  },
  {
    title: "an unknown operator",
    code: `guarded.access({ read: { record: { userId: { eq: "a" } } } });`,
    says: `1:46 Type '"a"' is not assignable to type '"a" & Wrong<"there is no operator 'eq'; there are equals, notEquals, in, notIn, isNull, lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual">'.
  Type 'string' is not assignable to type 'Wrong<"there is no operator 'eq'; there are equals, notEquals, in, notIn, isNull, lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual">'.`,
  },
  {
    title: "isNull with a text",
    code: `guarded.access({ read: { record: { userId: { isNull: "yes" } } } });`,
    says: `1:46 Type 'string' is not assignable to type 'boolean | undefined'.`,
  },
  {
    title: "an undeclared role",
    code: `guarded.access({ read: { roles: ["member", "boss"] } });`,
    says: `1:44 Type '"boss"' is not assignable to type '"boss" & Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.
  Type 'string' is not assignable to type 'Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.`,
  },
  {
    title: "an undeclared role deep inside",
    code: `guarded.access({ read: { or: [{ not: { roles: ["boss"] } }] } });`,
    says: `1:48 Type '"boss"' is not assignable to type '"boss" & Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.
  Type 'string' is not assignable to type 'Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.`,
  },
  {
    title: "an undeclared platform role",
    code: `guarded.access({ read: { userRoles: ["owner"] } });`,
    says: `1:38 Type '"owner"' is not assignable to type '"owner" & Undeclared<"role 'owner' is not declared; there are", "admin" | "user">'.
  Type 'string' is not assignable to type 'Undeclared<"role 'owner' is not declared; there are", "admin" | "user">'.`,
  },
  {
    title: "an empty list of roles",
    code: `guarded.access({ read: { roles: [] } });`,
    says: `1:26 Type '[]' is not assignable to type 'readonly [] & Wrong<"an empty list of roles admits nobody; name at least one role">'.
  Property '"✗"' is missing in type '[]' but required in type 'Wrong<"an empty list of roles admits nobody; name at least one role">'.`,
  },
  {
    title: "an empty list of rules",
    code: `guarded.access({ read: { or: [] } });`,
    says: `1:26 Type '[]' is not assignable to type 'readonly [] & Wrong<"an empty list of rules means nothing; name at least one rule">'.
  Property '"✗"' is missing in type '[]' but required in type 'Wrong<"an empty list of rules means nothing; name at least one rule">'.`,
  },
  {
    title: "an unknown part of a rule",
    code: `guarded.access({ read: { role: ["admin"] } });`,
    says: `1:26 Type '["admin"]' is not assignable to type 'readonly ["admin"] & Wrong<"a rule has no 'role'">'.
  Property '"✗"' is missing in type '["admin"]' but required in type 'Wrong<"a rule has no 'role'">'.`,
  },
  {
    title: "an unknown operation",
    code: `guarded.access({ list: { roles: ["admin"] } });`,
    says: `1:18 Type '{ roles: ["admin"]; }' is not assignable to type '{ readonly roles: readonly ["admin"]; } & Wrong<"there is no operation 'list'; use read, create, update, delete">'.
  Property '"✗"' is missing in type '{ roles: ["admin"]; }' but required in type 'Wrong<"there is no operation 'list'; use read, create, update, delete">'.`,
  },
  {
    title: "a rule beside before",
    code: `guarded.access({ read: { roles: ["PUBLIC"] }, update: { before: { roles: ["admin"] }, roles: ["admin"] } });`,
    says: `1:87 Type '["admin"]' is not assignable to type 'readonly ["admin"] & Wrong<"beside before and after there can be no 'roles'">'.
  Property '"✗"' is missing in type '["admin"]' but required in type 'Wrong<"beside before and after there can be no 'roles'">'.`,
  },
  {
    title: "a role of another vocabulary",
    code: `claims.table("t", columns).firewall({ exception: "a test" }).access({ read: { roles: ["admin"] } });`,
    says: `1:87 Type '"admin"' is not assignable to type '"admin" & Undeclared<"role 'admin' is not declared; there are", "editor" | "editor+" | "viewer" | "viewer+" | PseudoRole>'.
  Type 'string' is not assignable to type 'Undeclared<"role 'admin' is not declared; there are", "editor" | "editor+" | "viewer" | "viewer+" | PseudoRole>'.`,
  },
  {
    title: "an undeclared claim",
    code: `claims.table("t", columns).firewall({ field: "userId", equals: "ctx.claims.country" });`,
    says: `1:56 Type '"ctx.claims.country"' is not assignable to type '"ctx.claims.country" & Wrong<"'ctx.claims.country' is not a value of the caller; use ctx.userId, ctx.activeOrgId, ctx.activeTeamId, ctx.sessionId or a declared ctx.claims.*">'.
  Type 'string' is not assignable to type 'Wrong<"'ctx.claims.country' is not a value of the caller; use ctx.userId, ctx.activeOrgId, ctx.activeTeamId, ctx.sessionId or a declared ctx.claims.*">'.`,
  },
  {
    title: "a claim of another type",
    code: `claims.table("t", columns).firewall({ field: "userId", equals: "ctx.claims.level" });`,
    says: `1:56 Type '"ctx.claims.level"' is not assignable to type '"ctx.claims.level" & Wrong<"column 'userId' is text, but 'ctx.claims.level' is a number">'.
  Type 'string' is not assignable to type 'Wrong<"column 'userId' is text, but 'ctx.claims.level' is a number">'.`,
  },
  {
    title: "a claim of a type that there is not",
    code: `defineHedgerow({ claims: { since: "date" } });`,
    says: `1:28 Type '"date"' is not assignable to type 'ClaimType'.`,
  },
  {
    title: "a column called like a method",
    code: `table("t", { id: id(), access: text("access") });`,
    says: `1:24 Type 'PgTextBuilderInitial<"access", [string, ...string[]]>' is not assignable to type 'PgTextBuilderInitial<"access", [string, ...string[]]> & PgColumnBuilderBase<ColumnBuilderBaseConfig<ColumnDataType, string>, object> & Wrong<...>'.
  Property '"✗"' is missing in type 'PgTextBuilder<{ name: "access"; dataType: "string"; columnType: "PgText"; data: string; enumValues: [string, ...string[]]; driverParam: string; }>' but required in type 'Wrong<"a column cannot be called 'access': that is a method of the table">'.`,
  },
  {
    title: "an unknown column behind a variable",
    code: `const record = { ownerId: { equals: "ctx.userId" } } as const;
guarded.access({ read: { record } });`,
    says: `2:26 Type '{ readonly ownerId: { readonly equals: "ctx.userId"; }; }' is not assignable to type '{ readonly ownerId: { readonly equals: "ctx.userId"; }; } & CheckRecord<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; ... 6 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>'.
  Type '{ readonly ownerId: { readonly equals: "ctx.userId"; }; }' is not assignable to type 'CheckRecord<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<PgTextBuilderInitial<"organization_id", [...]>>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>'.
    Types of property 'ownerId' are incompatible.
      Property '"✗"' is missing in type '{ readonly equals: "ctx.userId"; }' but required in type 'Wrong<"there is no column 'ownerId' in this table">'.`,
  },
  {
    title: "an unknown operator behind a variable",
    code: `const operators = { eq: "a" } as const;
guarded.access({ read: { record: { userId: operators } } });`,
    says: `2:36 Type '{ readonly eq: "a"; }' is not assignable to type '{ readonly eq: "a"; } & { readonly eq: Wrong<"there is no operator 'eq'; there are equals, notEquals, in, notIn, isNull, lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual">; }'.
  Type '{ readonly eq: "a"; }' is not assignable to type '{ readonly eq: Wrong<"there is no operator 'eq'; there are equals, notEquals, in, notIn, isNull, lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual">; }'.
    Types of property 'eq' are incompatible.
      Type 'string' is not assignable to type 'Wrong<"there is no operator 'eq'; there are equals, notEquals, in, notIn, isNull, lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual">'.`,
  },
  {
    title: "an unknown operation behind a variable",
    code: `const rules = { read: { roles: ["member"] }, list: { roles: ["member"] } } as const;
guarded.access(rules);`,
    says: `2:16 Argument of type '{ readonly read: { readonly roles: readonly ["member"]; }; readonly list: { readonly roles: readonly ["member"]; }; }' is not assignable to parameter of type '{ readonly read: { readonly roles: readonly ["member"]; }; readonly list: { readonly roles: readonly ["member"]; }; } & CheckAccess<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; ... 6 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>'.
  Type '{ readonly read: { readonly roles: readonly ["member"]; }; readonly list: { readonly roles: readonly ["member"]; }; }' is not assignable to type 'CheckAccess<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<PgTextBuilderInitial<"organization_id", [...]>>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>'.
    Types of property 'list' are incompatible.
      Property '"✗"' is missing in type '{ readonly roles: readonly ["member"]; }' but required in type 'Wrong<"there is no operation 'list'; use read, create, update, delete">'.`,
  },
  {
    title: "an unknown part of a rule behind a variable",
    code: `const rule = { roles: ["member"], role: ["member"] } as const;
guarded.access({ read: rule });`,
    says: `2:18 Type '{ readonly roles: readonly ["member"]; readonly role: readonly ["member"]; }' is not assignable to type '{ readonly roles: readonly ["member"]; readonly role: readonly ["member"]; } & CheckRule<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; ... 6 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>'.
  Type '{ readonly roles: readonly ["member"]; readonly role: readonly ["member"]; }' is not assignable to type 'CheckRule<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<PgTextBuilderInitial<"organization_id", [...]>>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>'.
    Types of property 'role' are incompatible.
      Property '"✗"' is missing in type 'readonly ["member"]' but required in type 'Wrong<"a rule has no 'role'">'.`,
  },
  {
    title: "a second firewall",
    code: `guarded.firewall({ exception: "a test" });`,
    says: `1:9 Property 'firewall' does not exist on type 'FirewalledTable<"documents", { id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<...>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, "organizationId">'.`,
  },
  {
    title: "a second access",
    code: `guarded.access({ read: { roles: ["member"] } }).access({ read: { roles: ["member"] } });`,
    says: `1:49 Property 'access' does not exist on type 'GuardedTable<"documents", { id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<...>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, "organizationId", "read">'.`,
  },
  {
    title: "a comparison with null",
    code: `guarded.access({ read: { record: { userId: { equals: null } } } });`,
    says: `1:46 Type 'null' is not assignable to type 'OperandShape | undefined'.`,
  },
  {
    title: "a column of a type that rules cannot compare",
    code: `guarded.access({ read: { record: { data: { equals: 5 } } } });`,
    says: `1:44 Type '5' is not assignable to type '5 & Wrong<"column 'data' is of a type that rules cannot compare">'.
  Type 'number' is not assignable to type 'Wrong<"column 'data' is of a type that rules cannot compare">'.`,
  },
  {
    title: "a text in place of roles",
    code: `guarded.access({ read: { roles: "member" } });`,
    says: `1:26 Type 'string' is not assignable to type 'readonly ("admin" | "member" | "owner" | PseudoRole | (string & {}))[] & readonly ("admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | Undeclared<\`role '\${string & {}}' is not declared; there are\`, "admin" | "admin+" | ... 4 more ... | PseudoRole> | PseudoRole)[]'.
  Type 'string' is not assignable to type 'readonly ("admin" | "member" | "owner" | PseudoRole | (string & {}))[]'.`,
  },
  {
    title: "an order of uuids",
    code: `guarded.access({ read: { record: { ref: { greaterThan: "ctx.userId" } } } });`,
    says: `1:43 Type '"ctx.userId"' is not assignable to type '"ctx.userId" & Wrong<"column 'ref' is a uuid and has no order">'.
  Type 'string' is not assignable to type 'Wrong<"column 'ref' is a uuid and has no order">'.`,
  },
  {
    title: "a firewall about a column of a type that rules cannot compare",
    code: `documents.firewall({ field: "data", in: ["a"] });`,
    says: `1:37 Type '["a"]' is not assignable to type 'readonly ["a"] & Wrong<"column 'data' is of a type that rules cannot compare">'.
  Property '"✗"' is missing in type '["a"]' but required in type 'Wrong<"column 'data' is of a type that rules cannot compare">'.`,
  },
  {
    title: "an unknown part beside a rule that is the same otherwise",
    code: `guarded.access({ read: { or: [{ roles: ["member"] }, { roles: ["member"], role: ["admin"] }] } });`,
    says: `1:75 Type '["admin"]' is not assignable to type 'readonly ["admin"] & Wrong<"a rule has no 'role'">'.
  Property '"✗"' is missing in type '["admin"]' but required in type 'Wrong<"a rule has no 'role'">'.`,
  },
  {
    title: "an unknown part of one rule of several",
    code: `guarded.access({ read: { roles: ["member"] }, create: { roles: ["member"] }, delete: { roles: ["member"], rolls: [] } });`,
    says: `1:107 Type '[]' is not assignable to type 'readonly [] & Wrong<"a rule has no 'rolls'">'.
  Property '"✗"' is missing in type '[]' but required in type 'Wrong<"a rule has no 'rolls'">'.`,
  },
  {
    title: "an empty list deep inside",
    code: `guarded.access({ read: { and: [{ roles: ["member"] }, { not: { or: [] } }] } });`,
    says: `1:64 Type '[]' is not assignable to type 'readonly [] & Wrong<"an empty list of rules means nothing; name at least one rule">'.
  Property '"✗"' is missing in type '[]' but required in type 'Wrong<"an empty list of rules means nothing; name at least one rule">'.`,
  },
  {
    title: "an unknown column deep inside",
    code: `guarded.access({ read: { and: [{ not: { or: [{ record: { ownerId: { isNull: true } } }] } }] } });`,
    says: `1:58 Type '{ isNull: true; }' is not assignable to type '{ readonly isNull: true; } & Wrong<"there is no column 'ownerId' in this table">'.
  Property '"✗"' is missing in type '{ isNull: true; }' but required in type 'Wrong<"there is no column 'ownerId' in this table">'.`,
  },
  {
    title: "an undeclared role after the update",
    code: `guarded.access({ update: { before: { roles: ["member"] }, after: { or: [{ roles: ["boss"] }] } } });`,
    says: `1:83 Type '"boss"' is not assignable to type '"boss" & Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.
  Type 'string' is not assignable to type 'Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.`,
  },
  {
    title: "an unknown column behind an optional part",
    code: `const rule: { roles: ["member"]; record?: { ownerId: { isNull: true } } } = { roles: ["member"] };
guarded.access({ read: rule });`,
    says: `2:18 Type '{ roles: ["member"]; record?: { ownerId: { isNull: true; }; }; }' is not assignable to type '{ roles: ["member"]; record?: { ownerId: { isNull: true; }; }; } & CheckRule<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; ... 6 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.
  Type '{ roles: ["member"]; record?: { ownerId: { isNull: true; }; }; }' is not assignable to type 'CheckRule<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<PgTextBuilderInitial<"organization_id", [...]>>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.
    The types of 'record.ownerId' are incompatible between these types.
      Property '"✗"' is missing in type '{ isNull: true; }' but required in type 'Wrong<"there is no column 'ownerId' in this table">'.`,
  },
  {
    title: "an undeclared role behind an optional part",
    code: `const rule: { roles: ["member"]; not?: { roles: ["boss"] } } = { roles: ["member"] };
guarded.access({ read: rule });`,
    says: `2:18 Type '{ roles: ["member"]; not?: { roles: ["boss"]; }; }' is not assignable to type '{ roles: ["member"]; not?: { roles: ["boss"]; }; } & CheckRule<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; ... 6 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.
  Type '{ roles: ["member"]; not?: { roles: ["boss"]; }; }' is not assignable to type 'CheckRule<{ id: HasDefault<IsPrimaryKey<NotNull<PgTextBuilderInitial<string, [string, ...string[]]>>>>; organizationId: NotNull<PgTextBuilderInitial<"organization_id", [...]>>; ... 5 more ...; data: PgJsonbBuilderInitial<...>; }, VocabularyOf<...>, { ...; }>' with 'exactOptionalPropertyTypes: true'. Consider adding 'undefined' to the types of the target's properties.
    The types of 'not.roles' are incompatible between these types.
      Type '["boss"]' is not assignable to type 'readonly [Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>]'.
        Type 'string' is not assignable to type 'Undeclared<"role 'boss' is not declared; there are", "admin" | "admin+" | "member" | "member+" | "owner" | "owner+" | PseudoRole>'.`,
  },
  {
    title: "a symbol in place of a part",
    code: `const part: unique symbol = Symbol();
guarded.access({ read: { roles: ["member"], [part]: 1 } });`,
    says: `2:45 Type of computed property's value is '1', which is not assignable to type '1 & Wrong<never>'.
  Type 'number' is not assignable to type 'Wrong<never>'.`,
  },
];
