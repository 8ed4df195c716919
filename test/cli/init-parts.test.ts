import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBetterAuth } from "../../src/cli/init/better-auth.js";
import { type Entry, withEntries } from "../../src/cli/init/package-text.js";
import { codeOf, filesMatching, sourceFiles } from "../../src/cli/init/source.js";
import { isCompatible, rangeToInstall } from "../../src/cli/init/versions.js";

describe("package.json with entries added", () => {
  const entry: Entry = { section: "scripts", key: "a", value: "b" };

  it("keeps indentation, line ends, order and everything else", () => {
    expect(withEntries('{\r\n   "name": "x",\r\n   "files": ["dist", "a"]\r\n}\r\n', [entry])).toBe(
      '{\r\n   "name": "x",\r\n   "files": ["dist", "a"],\r\n   "scripts": {\r\n      "a": "b"\r\n   }\r\n}\r\n',
    );
    expect(withEntries('{\n\t"scripts": {},\n\t"name": "x"\n}', [entry])).toBe(
      '{\n\t"scripts": {\n\t\t"a": "b"\n\t},\n\t"name": "x"\n}',
    );
    expect(withEntries("{}", [entry])).toBe('{\n  "scripts": {\n    "a": "b"\n  }\n}');
    const sorted = '{\n  "dependencies": {\n    "a": "1",\n    "c": "1"\n  }\n}\n';
    expect(withEntries(sorted, [{ section: "dependencies", key: "b", value: "2" }])).toBe(
      sorted.replace('"1",\n', '"1",\n    "b": "2",\n'),
    );
    expect(withEntries(sorted, [{ section: "dependencies", key: "A", value: "2" }])).toBe(
      sorted.replace('"a"', '"A": "2",\n    "a"'),
    );
  });

  it("adds what is missing to any package.json, changes nothing else, and a second time nothing", () => {
    const texts = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 });
    const packages = fc.record(
      {
        name: fc.string(),
        scripts: texts,
        dependencies: texts,
        devDependencies: texts,
        other: fc.jsonValue({ maxDepth: 3 }),
      },
      { requiredKeys: [] },
    );
    const entries = fc.array(
      fc.record<Entry>({
        section: fc.constantFrom("scripts", "dependencies", "devDependencies"),
        key: fc.string().filter((key) => key !== "__proto__"),
        value: fc.string(),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(packages, entries, fc.constantFrom(undefined, 1, 2, "\t"), (json, wanted, indent) => {
        const before = JSON.stringify(json, null, indent);
        const after = withEntries(before, wanted);
        expect(withEntries(after, wanted)).toBe(after);
        const parsed = JSON.parse(after);
        for (const { section, key } of wanted) expect(Object.hasOwn(parsed[section], key)).toBe(true);
        // Without whatever was added, every character is still there, in its order.
        let at = 0;
        for (const char of after) if (char === before[at]) at += 1;
        expect(at).toBe(before.length);
      }),
    );
  });

  it("takes the first of two entries with one key", () => {
    const twice: ReadonlyArray<Entry> = ["1", "2"].map((value) => ({ section: "devDependencies", key: "a", value }));
    expect(JSON.parse(withEntries("{}", twice))).toEqual({ devDependencies: { a: "1" } });
  });

  it("refuses what is no package.json, in words", () => {
    expect(() => withEntries("{", [entry])).toThrow("package.json is not JSON");
    expect(() => withEntries("[]", [entry])).toThrow("must be an object");
    expect(() => withEntries('{ "scripts": "x" }', [entry])).toThrow('"scripts" of package.json must be an object');
  });
});

describe("versions", () => {
  it.each([
    ["0.45.4", "^0.45.4 || >=1.0.0-rc.5", true],
    ["^0.45.4", "^0.45.4 || >=1.0.0-rc.5", true],
    ["0.44.9", "^0.45.4 || >=1.0.0-rc.5", false],
    ["^0.44.0", "^0.45.4 || >=1.0.0-rc.5", false],
    ["1.0.0-rc.5", "^0.45.4 || >=1.0.0-rc.5", true],
    ["1.0.0-beta.9", "^0.45.4 || >=1.0.0-rc.5", false],
    ["1.0.0-rc.10", ">=1.0.0-rc.5", true],
    ["^4.0.0", "^4.13.0", true],
    ["4.12.9", "^4.13.0", false],
    ["~4.12.0", "^4.13.0", false],
    ["^3", "^4.13.0", false],
    ["4.x", "^4.13.0", true],
    [">=3", "^4.13.0", true],
    ["5.0.0", "^4.13.0", false],
    ["*", "^1.2.0", true],
    ["latest", "^1.2.0", true],
    ["workspace:*", "^1.2.0", true],
    ["catalog:", "^1.2.0", true],
  ])("%s where %s is needed: %s", (have, needed, expected) => {
    expect(isCompatible(have, needed)).toBe(expected);
  });

  it("are installed from one line of versions", () => {
    expect(rangeToInstall("^0.45.4 || >=1.0.0-rc.5")).toBe("^0.45.4");
    expect(rangeToInstall(">=0.31.11")).toBe("^0.31.11");
  });
});

describe("code without comments and texts", () => {
  it.each([
    ["// betterAuth()\nx", "x"],
    ["/* betterAuth( */ x", "x"],
    ["'betterAuth(' + x", "'           ' + x"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source that is looked at.
    ["`a ${ betterAuth(`b ${1}`) } c`", "`   { betterAuth(`   {1}`) }  `"],
    ['"\\"" + betterAuth()', '"  " + betterAuth()'],
    ["/[/'\"]/.test(betterAuth())", "/     /.test(betterAuth())"],
    ["a / b; betterAuth() / 2", "a / b; betterAuth() / 2"],
    ["return /'/", "return / /"],
  ])("%s", (source, expected) => {
    expect(codeOf(source, "blank").trim()).toBe(expected);
  });

  it("keeps the length and the lines of any text, and ends", () => {
    const pieces = fc.constantFrom("`", "${", "}", "{", "'", '"', "/", "*", "\\", "\n", "a", " ", "[", "]");
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const source = parts.join("");
        for (const texts of ["keep", "blank"] as const) {
          const code = codeOf(source, texts);
          expect(code.length).toBe(source.length);
          expect(code.split("\n").length).toBe(source.split("\n").length);
        }
      }),
    );
  });
});

describe("looking through a project", () => {
  let root: string;

  const files: Readonly<Record<string, string>> = {
    "src/auth.ts":
      'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({ plugins: [hedgerow()] });',
    "src/options.ts":
      'import { betterAuth } from "better-auth";\nexport const authOptions = {};\nexport const create = (d: D) => betterAuth({ ...authOptions, database: d });',
    "src/more.ts":
      'import { betterAuth } from "better-auth";\nconst base = {};\nexport { base };\nexport const auth = betterAuth({ ...base, plugins: [] });',
    "src/default.mjs": 'import { betterAuth } from "better-auth/minimal";\nexport default betterAuth({});',
    "src/factory.ts": 'import { betterAuth } from "better-auth";\nexport const make = () => betterAuth({});',
    "src/comment.ts": 'import { betterAuth } from "better-auth";\n// const auth = betterAuth({});',
    "src/own.ts": 'const betterAuth = () => {};\nexport const auth = betterAuth();\n// from "better-auth"',
    "src/auth.test.ts": 'import { betterAuth } from "better-auth";\nbetterAuth({});',
    "node_modules/x/auth.js": 'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({});',
    "dist/auth.js": 'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({});',
    ".next/auth.js": 'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({});',
    "packages/other/package.json": "{}",
    "packages/other/auth.ts": 'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({});',
    "src/db/a.ts": "",
    "src/db/b.sql.ts": "",
    "src/db/deep/c.ts": "",
    "a folder [x]/(y)/t.ts": "",
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "hedgerow-looking-"));
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
    await symlink(root, join(root, "src", "circle"));
  });

  afterAll(() => rm(root, { recursive: true }));

  it("finds each betterAuth of the project's own code, and what it exports", () => {
    const found = findBetterAuth(root, sourceFiles(root));
    expect(Object.fromEntries(found.map(({ file, name, ...rest }) => [file, { name, ...rest }]))).toEqual({
      "src/auth.ts": { name: "auth", kind: "instance", hasPlugin: true },
      "src/default.mjs": { name: "default", kind: "instance", hasPlugin: false },
      "src/factory.ts": { name: undefined },
      "src/more.ts": { name: "auth", kind: "instance", hasPlugin: false },
      "src/options.ts": { name: "authOptions", kind: "options", hasPlugin: false },
    });
  });

  it("finds the files of a schema as drizzle-kit does: a file, a folder, a glob", () => {
    expect(filesMatching(root, ["./src/db/a.ts"])).toEqual(["src/db/a.ts"]);
    expect(filesMatching(root, ["src/db"])).toEqual(["src/db/a.ts", "src/db/b.sql.ts"]);
    expect(filesMatching(root, ["./src/db/**/*.ts"])).toEqual(["src/db/a.ts", "src/db/b.sql.ts", "src/db/deep/c.ts"]);
    expect(filesMatching(root, ["./src/db/{a,b.sql}.ts", "./src/db/a.ts"])).toEqual(["src/db/a.ts", "src/db/b.sql.ts"]);
    expect(filesMatching(root, ["a folder [x]/(y)/t.ts", "none/*.ts"])).toEqual(["a folder [x]/(y)/t.ts"]);
  });
});
