import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Integrity, ResolvedResource } from "@moltbot/contracts";
import { decide } from "./decide.ts";
import { changesWhatRuns, runsLater } from "./runs-later.ts";
import { inputOf, say } from "./testing/decisions.ts";
import { callOf, capabilityOf } from "./testing/house.ts";

const RUNS = [
  ".git/hooks/pre-commit",
  ".git/config",
  "project/.git/info/attributes",
  "bare.git/hooks/post-receive",
  ".husky/pre-push",
  ".envrc",
  "deep/down/.envrc",
  ".bashrc",
  ".ssh/authorized_keys",
  ".github/workflows/ci.yml",
  ".gitlab-ci.yml",
  ".vscode/tasks.json",
  ".npmrc",
  ".eslintrc.json",
  ".gitignore/x",
  "package.json",
  "packages/a/package-lock.json",
  "node_modules/left-pad/index.js",
  "Makefile",
  "rules.mk",
  "CMakeLists.txt",
  "Dockerfile",
  "Dockerfile.dev",
  "docker-compose.override.yml",
  "Jenkinsfile",
  "setup.py",
  "pyproject.toml",
  "conftest.py",
  "requirements-dev.txt",
  "build.rs",
  "Cargo.toml",
  "build.gradle.kts",
  "vite.config.ts",
  "vitest.workspace.mts",
  "run.sh",
  "start.bat",
  "app.desktop",
  "lib/libc.so.6",
  "GIT~1/hooks/x",
  "flake.nix",
];
const QUIET = [
  "notes.txt",
  "notes/a.md",
  "src/index.ts",
  "main.py",
  ".gitignore",
  "docs/.gitkeep",
  "hooks",
  "src/hooks/use-clock.ts",
  "build/report.txt",
  "packages.json",
  "my-package.json.md",
  "envrc",
  "letter to Makefile.txt",
  "data.json",
  "",
];

/** The same name as other writers and other file systems spell it. */
const spellings = (path: string): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom("plain", "upper", "wide"), { minLength: path.length, maxLength: path.length }).map((ways) =>
    Array.from(path)
      .map((letter, at) => {
        if (ways[at] === "upper") return letter.toUpperCase();
        const isPlain = /[!-.0-}]/.test(letter);
        return ways[at] === "wide" && isPlain ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter;
      })
      .join(""),
  );

const NAME = fc.stringMatching(/^[a-z]{1,8}$/);
const at = (value: string, more: Partial<ResolvedResource> = {}): ResolvedResource => ({
  argument: "path",
  kind: "path",
  value,
  refusal: null,
  ...more,
});

describe("what runs later", () => {
  it.each(RUNS)("counts %s", (path) => expect(runsLater(path)).toBe(true));
  it.each(QUIET)("lets %j be", (path) => expect(runsLater(path)).toBe(false));

  it("is the same in every case, width and folder", () => {
    const folders = fc.array(NAME, { maxLength: 4 });
    fc.assert(
      fc.property(folders, fc.constantFrom(...RUNS).chain(spellings), (above, path) => {
        expect(runsLater([...above, path].join("/"))).toBe(true);
      }),
    );
  });

  it("is everything below a folder that begins with a point", () => {
    fc.assert(
      fc.property(
        fc.array(NAME, { maxLength: 3 }),
        NAME,
        fc.array(NAME, { minLength: 1, maxLength: 3 }),
        (up, one, down) => {
          expect(runsLater([...up, `.${one}`, ...down].join("/"))).toBe(true);
        },
      ),
    );
  });

  it("is what may be run by its mode, under any name, and one such among others", () => {
    expect(changesWhatRuns([at("notes.txt")])).toBe(false);
    expect(changesWhatRuns([at("notes.txt", { executable: true })])).toBe(true);
    expect(changesWhatRuns([at("notes.txt"), at("a/.envrc", { argument: "to" })])).toBe(true);
    expect(changesWhatRuns([{ ...at("sh"), kind: "executable" }])).toBe(true);
    expect(changesWhatRuns([{ ...at(".envrc"), kind: "value" }])).toBe(false);
  });
});

describe("a change of many files", () => {
  const piece = fc.constantFrom(
    "a",
    "src",
    "hooks",
    ".git",
    "node_modules",
    ".",
    "..",
    "",
    "x.ts",
    "pre-commit",
    "B",
    "é",
  );
  const name = fc.oneof(piece, fc.constantFrom(...RUNS, ...QUIET));
  const path = fc.tuple(fc.array(piece, { maxLength: 3 }), name).map(([above, last]) => [...above, last].join("/"));

  it("is one of what runs later when one of them is, in whatever order and company they come", () => {
    let yes = 0;
    fc.assert(
      fc.property(fc.array(path, { maxLength: 6 }), (paths) => {
        const expected = paths.some(runsLater);
        if (expected) yes += 1;
        expect(changesWhatRuns(paths.map((value) => at(value)))).toBe(expected);
        expect(changesWhatRuns(paths.toReversed().map((value) => at(value)))).toBe(expected);
      }),
      { numRuns: 3_000, seed: 11 },
    );
    expect(yes).toBeGreaterThan(500);
  });

  it("reads the same whatever steps that lead nowhere stand in the path", () => {
    for (const tail of ["", "/", "/.", "//", "/./", "/.."]) {
      expect(runsLater(`a/.envrc${tail}`)).toBe(true);
      expect(runsLater(`a/notes.txt${tail}`)).toBe(false);
    }
    for (const nothing of ["", "/", ".", "..", "//", "./.", "/../"]) expect(runsLater(nothing)).toBe(false);
  });

  it("asks for the one hook among two thousand, and is allowed without it", () => {
    const files = Array.from({ length: 2_000 }, (_, n) => at(`src/part-${n % 40}/file-${n}.ts`));
    const judged = (resources: readonly ResolvedResource[], root: string) => {
      const capabilities = [capabilityOf("file.append", [{ kind: "path-within", argument: "path", root }])];
      return say(decide(inputOf(callOf("file.append", { path: "a", text: "x" }), { resources, capabilities })));
    };
    expect(judged(files, "")).toBe("allow write.capability");
    expect(judged(files, "src")).toBe("allow write.capability");
    expect(judged(files, "src/part-1")).toBe("ask write.no-capability");
    expect(judged([...files, at("src/../b.ts")], "src")).toBe("ask write.no-capability");
    expect(judged([...files, at("src/.git/hooks/pre-push")], "src")).toBe("ask write.runs-later");
    expect(judged([...files, at("src/x.ts", { executable: true })], "src")).toBe("ask write.runs-later");
  });
});

describe("a change of what runs later", () => {
  it("is none by a call that runs a program: it points at one and changes nothing of it", () => {
    const program: ResolvedResource = { argument: "argv", kind: "executable", value: "make", refusal: null };
    const given = { argv: ["make"] };
    const run = { resources: [program], capabilities: [capabilityOf("exec.run", [])] };
    expect(changesWhatRuns([program])).toBe(true);
    expect(say(decide(inputOf(callOf("exec.run", given), run)))).toBe("allow execute.capability");
    const written = { resources: [at("a"), program], capabilities: [capabilityOf("file.append", [])] };
    expect(say(decide(inputOf(callOf("file.append", { path: "a", text: "x" }), written)))).toBe("ask write.runs-later");
  });

  it("is asked for in every context, once, whatever is granted, and no grant is offered", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RUNS),
        fc.constantFrom<Integrity>("authority", "participant", "untrusted"),
        (path, integrity) => {
          const given = { path, text: "x" };
          const capabilities = [
            capabilityOf("file.append", []),
            capabilityOf("file.append", [
              { kind: "equals", argument: "path", value: path },
              { kind: "equals", argument: "text", value: "x" },
            ]),
          ];
          const input = inputOf(callOf("file.append", given, integrity), {
            resources: [at(path)],
            capabilities,
            stated: [`Write x to ${path}`],
          });
          const verdict = decide(input);
          expect(say(verdict)).toBe("ask write.runs-later");
          expect(verdict).toMatchObject({ nearest: null, question: { scopes: ["once"] } });
          expect(say(decide({ ...input, mayAsk: false }))).toBe("deny write.runs-later");
        },
      ),
    );
  });
});
