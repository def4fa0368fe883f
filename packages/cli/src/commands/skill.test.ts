import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import { openPackage } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { contextWith, folderOf, report, skillInfo } from "../testing/package-samples.ts";
import { CommandExit, INTERRUPTED } from "../context.ts";
import { importSkills } from "../packages/install-skill.ts";
import { removeSkill } from "../packages/manage-skills.ts";
import { run } from "../testing/run.ts";
import { agent } from "../testing/samples.ts";

const MANIFEST = { name: "tidy-notes", version: "1.2.3", description: "How notes are kept tidy.", origin: "imported" };
const skillText = (more = 'metadata:\n  version: "1.2.3"\n', name = "tidy-notes"): string =>
  `---\nname: ${name}\ndescription: How notes are kept tidy.\n${more}---\n# Tidy notes\n`;

let place: ReturnType<typeof folderOf>;
let settings: Readonly<Record<string, string>>;
const here = (name: string): string => join(place.path, name);
const told = (words: string): unknown => expect.stringContaining(words) as unknown;

beforeEach(() => {
  place = folderOf({ "one/SKILL.md": skillText(), "one/scripts/tidy.sh": "#!/bin/sh\n" });
  settings = { XDG_CONFIG_HOME: here(".config") };
  vi.stubEnv("XDG_CONFIG_HOME", settings["XDG_CONFIG_HOME"]);
});
afterEach(() => {
  place.remove();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const answers = {
  "POST /v2/packages/inspect": { json: report({ kind: "skill", name: "tidy-notes", manifest: MANIFEST }) },
  "GET /v2/agents": { json: [agent()] },
  "GET /v2/skills": { json: [] },
  "POST /v2/skills": { json: skillInfo() },
};
const skill = (...argv: readonly string[]) => run(["skill", ...argv], answers, settings);

/** What was sent to be installed. */
const contentOf = (body: unknown) => {
  const { archive } = body as { archive: string };
  const opened = openPackage(Buffer.from(archive, "base64"));
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
};

describe("skill import", () => {
  it("packs the folder as it is, signs it, and calls its words somebody else's", async () => {
    const done = await skill("import", here("one"), "--yes");
    expect(done).toMatchObject({ exit: 0, out: told("its words count as a stranger's") });
    const { content, signature } = contentOf(done.asked.at(-1)?.body);
    expect(content.manifest).toMatchObject({ ...MANIFEST, tools: [] });
    expect(content.files.map(({ path }) => path)).toEqual(["SKILL.md", "scripts/tidy.sh"]);
    const mine = JSON.parse((await run(["signers", "mine", "--json"], {}, settings)).out) as { key: string };
    expect(signature?.key).toBe(mine.key);
  });

  it("calls them one's own with --mine alone", async () => {
    const done = await skill("import", here("one"), "--yes", "--mine");
    expect(contentOf(done.asked.at(-1)?.body).content.manifest).toMatchObject({ origin: "own" });
  });

  it("gives a skill that names no version the next after the installed one", async () => {
    writeFileSync(here("one/SKILL.md"), skillText(""));
    const first = await skill("import", here("one"), "--yes");
    expect(contentOf(first.asked.at(-1)?.body).content.manifest.version).toBe("1.0.0");
    const installed = { ...answers, "GET /v2/skills": { json: [skillInfo()] } };
    const next = await run(["skill", "import", here("one"), "--yes"], installed, settings);
    expect(contentOf(next.asked.at(-1)?.body).content.manifest.version).toBe("1.2.4");
  });

  it.each([
    ['metadata:\n  version: "2.1"\n', "2.1.0"],
    ["metadata:\n  version: v3\n", "3.0.0"],
    ["metadata:\n  version: 1.4\n", "1.4.0"],
  ])("reads a short version as three numbers: %j", async (more, version) => {
    writeFileSync(here("one/SKILL.md"), skillText(more));
    const done = await skill("import", here("one"), "--yes");
    expect(contentOf(done.asked.at(-1)?.body).content.manifest.version).toBe(version);
  });

  it.each([
    [skillText('metadata:\n  version: "2026-beta"\n'), "SKILL.md: version: “2026-beta”", "three numbers"],
    [skillText("", "Tidy_Notes"), "SKILL.md: name: “Tidy_Notes”", "small words"],
    ["---\nname: a\n---\n", "SKILL.md: description: it is missing", "one line"],
    ["# no head\n", "SKILL.md: it has no head", "`---`"],
    [skillText("license: 'x\u202ey'\n"), "not seen", "docs/guides/skills.md"],
  ])("says what is wrong with SKILL.md and asks nobody to install it", async (text, problem, next) => {
    writeFileSync(here("one/SKILL.md"), text);
    const refused = await skill("import", here("one"), "--yes");
    expect(refused).toMatchObject({ code: "PACKAGE_INVALID", problem: told(problem), next: told(next) });
    expect(refused.asked.map(({ route }) => route)).not.toContain("POST /v2/skills");
  });

  it("takes each skill of a folder; one that cannot be taken keeps no other out, and ends with 1", async () => {
    for (const name of ["two", "three"]) mkdirSync(here(name));
    writeFileSync(here("two/SKILL.md"), "# no head\n");
    writeFileSync(here("three/SKILL.md"), skillText());
    mkdirSync(here("notes"));
    const done = await skill("import", place.path, "--yes");
    expect(done.exit).toBe(1);
    expect(done.asked.filter(({ route }) => route === "POST /v2/skills")).toHaveLength(2);
    expect(done.out).toContain(`✗ ${here("two")}: SKILL.md: it has no head`);
    expect(done.out.match(/✓ tidy-notes/g)).toHaveLength(2);
  });

  it("refuses a folder without any, and asks nothing where nobody agreed", async () => {
    mkdirSync(here("empty"));
    expect(await skill("import", here("empty"), "--yes")).toMatchObject({
      code: "PACKAGE_INVALID",
      problem: told("there is no SKILL.md"),
    });
    expect(await skill("import", here("absent"), "--yes")).toMatchObject({ code: "USAGE" });
    expect(await skill("import", here("one"))).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("asks about each at a terminal", async () => {
    mkdirSync(here("two"));
    writeFileSync(here("two/SKILL.md"), skillText());
    const { context, asked } = contextWith({
      "skills.list": [],
      "packages.inspect": answers["POST /v2/packages/inspect"].json,
      "agents.list": [agent()],
      "skills.install": skillInfo(),
    });
    const questions: string[] = [];
    const yes = (question: string): Promise<boolean> => Promise.resolve(questions.push(question) > 0);
    await importSkills(context, {}, place.path, { yes, line: () => Promise.resolve(null) });
    expect(questions).toEqual(["Install tidy-notes 1.0.0?", "Install tidy-notes 1.0.0?"]);
    expect(asked.filter(({ name }) => name === "skills.install")).toHaveLength(2);
  });
});

describe("skill import again", () => {
  /** The gateway's answers once this was installed. */
  const after = (body: unknown, wish: Readonly<Record<string, unknown>> = {}) => {
    const { archive } = body as { archive: string };
    const digest = createHash("sha256").update(Buffer.from(archive, "base64")).digest("hex");
    return { ...answers, "GET /v2/skills": { json: [skillInfo({ digest, version: "1.0.0", ...wish })] } };
  };

  it("changes nothing where nothing changed, and makes a new version where something did", async () => {
    writeFileSync(here("one/SKILL.md"), skillText(""));
    const first = await skill("import", here("one"), "--yes");
    const installed = after(first.asked.at(-1)?.body);
    const again = await run(["skill", "import", here("one"), "--yes"], installed, settings);
    expect(again.out).toContain("✓ tidy-notes 1.0.0 is installed already, exactly so: nothing was changed");
    expect(again.asked.map(({ route }) => route)).toEqual(["GET /v2/skills"]);
    writeFileSync(here("one/scripts/tidy.sh"), "#!/bin/sh\nls\n");
    const changed = await run(["skill", "import", here("one"), "--yes"], installed, settings);
    expect(contentOf(changed.asked.at(-1)?.body).content.manifest.version).toBe("1.0.1");
  });

  it("says when words that are one's own become a stranger's", async () => {
    const mine = { ...answers, "GET /v2/skills": { json: [skillInfo({ trusted: true })] } };
    const done = await run(["skill", "import", here("one"), "--yes"], mine, settings);
    expect(done.err).toContain(
      "count as yours now. With this one they count as a stranger's; --mine keeps them yours.",
    );
    expect((await skill("import", here("one"), "--yes")).err).not.toContain("--mine keeps");
  });

  const person = (...says: readonly (boolean | "interrupt")[]) => {
    let at = 0;
    const yes = (): Promise<boolean> => {
      const answer = says[at++] ?? false;
      return answer === "interrupt" ? Promise.reject(new CommandExit(INTERRUPTED)) : Promise.resolve(answer);
    };
    return { yes, line: () => Promise.resolve(null) };
  };
  const two = () => {
    mkdirSync(here("two"));
    writeFileSync(here("two/SKILL.md"), skillText());
    return contextWith({
      "skills.list": [],
      "packages.inspect": answers["POST /v2/packages/inspect"].json,
      "agents.list": [agent()],
      "skills.install": skillInfo(),
    });
  };

  it("tells what was installed and what was not agreed to", async () => {
    const { context, said } = two();
    await expect(importSkills(context, {}, place.path, person(true, false))).rejects.toMatchObject({ code: 1 });
    expect(stripVTControlCharacters(said.at(-1) ?? "")).toBe(
      [
        "✓ tidy-notes 1.2.3 is installed; its words count as a stranger's",
        `· ${here("two")}: it was not agreed to`,
      ].join("\n"),
    );
    expect(said.join("\n")).not.toContain("Nothing was changed");
  });

  it("ends with 130 where it is interrupted, and tells what was installed by then", async () => {
    const { context, said } = two();
    const ended = importSkills(context, {}, place.path, person(true, "interrupt"));
    await expect(ended).rejects.toMatchObject({ code: INTERRUPTED });
    expect(said.at(-1)).toContain("tidy-notes 1.2.3 is installed");
  });
});

describe("skill pack and install", () => {
  it("packs to a file that installs as it is; --mine goes with a folder alone", async () => {
    const packed = await skill("pack", here("one"), "--out", here("s"), "--sign", "--mine");
    expect(packed.out).toContain("signed by mk1_");
    const done = await skill("install", here("s"), "--yes", "--agent", "Moltbot");
    expect(done.asked.at(-1)?.body).toMatchObject({
      archive: readFileSync(here("s")).toString("base64"),
      agents: [agent().id],
    });
    expect(await skill("install", here("s"), "--yes", "--mine")).toMatchObject({
      code: "USAGE",
      problem: told("--mine"),
    });
    const plugin = { ...answers, "POST /v2/packages/inspect": { json: report() } };
    expect(await run(["skill", "install", here("s"), "--yes"], plugin, settings)).toMatchObject({
      code: "USAGE",
      problem: told("./moltbot plugin install"),
    });
  });
});

describe("signing a skill that somebody else packed", () => {
  const originAt = (file: string): unknown =>
    contentOf({ archive: readFileSync(file).toString("base64") }).content.manifest;
  const eves = () => ({ XDG_CONFIG_HOME: here("eve") });
  const sign = (...argv: readonly string[]) => run(["plugin", "sign", here("s"), ...argv], {}, settings);

  it("never makes their words one's own, however they call them, unless one says so", async () => {
    await run(["skill", "pack", here("one"), "--out", here("s"), "--sign", "--mine"], answers, eves());
    expect(originAt(here("s"))).toMatchObject({ origin: "own" });
    expect(await sign()).toMatchObject({ exit: 0, err: told("signed as somebody else's") });
    expect(originAt(here("s"))).toMatchObject({ origin: "imported" });
    await run(["skill", "pack", here("one"), "--out", here("s"), "--mine"], answers, eves());
    await sign();
    expect(originAt(here("s")), "nobody signed it").toMatchObject({ origin: "imported" });
    await run(["skill", "pack", here("one"), "--out", here("s"), "--mine"], answers, eves());
    await sign("--mine");
    expect(originAt(here("s"))).toMatchObject({ origin: "own" });
  });

  it("believes no signature of one's own that is none", async () => {
    await skill("pack", here("one"), "--out", here("s"), "--sign", "--mine");
    const own = readFileSync(here("s"), "utf8");
    await sign();
    expect(originAt(here("s"))).toMatchObject({ origin: "own" });
    writeFileSync(here("s"), own.replace("How notes", "Why notes"));
    await sign();
    expect(originAt(here("s"))).toMatchObject({ origin: "imported" });
  });
});

describe("keeping skills", () => {
  const all = { "GET /v2/skills": { json: [skillInfo(), skillInfo({ name: "own-words", trusted: true })] } };

  it("lists whose words each holds", async () => {
    const { out } = await run(["skill"], all, settings);
    expect(out).toMatch(/tidy-notes +1\.2\.3 +Ada +a stranger's/);
    expect(out).toMatch(/own-words +1\.2\.3 +Ada +yours/);
  });

  it("shows one whole, and says when there is none of that name", async () => {
    const { out } = await run(["skill", "list", "tidy-notes"], all, settings);
    expect(out).toMatch(/its words are +a stranger's/);
    expect(out).toContain("none: ./moltbot skill agents tidy-notes");
    expect(out).toMatch(/Files\n {2}SKILL\.md +100/);
    expect(await run(["skill", "bogus"], all, settings)).toMatchObject({
      code: "NOT_FOUND",
      problem: told("There is no skill of the name “bogus”"),
      next: told("--help"),
    });
  });

  it("sets its agents", async () => {
    const route = "PATCH /v2/skills/tidy-notes";
    const more = { ...all, "GET /v2/agents": { json: [agent()] }, [route]: { json: skillInfo() } };
    const done = await run(["skill", "agents", "tidy-notes", "--agent", "Moltbot"], more, settings);
    expect(done.asked.at(-1)).toMatchObject({ route, body: { agents: [agent().id] } });
    const none = await run(["skill", "agents", "tidy-notes", "--none"], more, settings);
    expect(none.asked.at(-1)).toMatchObject({ route, body: { agents: [] } });
    expect(await run(["skill", "agents", "tidy-notes"], more, settings)).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("removes after a yes", async () => {
    const answered = { "skills.list": [skillInfo()], "skills.remove": {} };
    const asker = (says: boolean) => ({ yes: () => Promise.resolve(says), line: () => Promise.resolve(null) });
    const kept = contextWith(answered);
    await expect(removeSkill(kept.context, {}, "tidy-notes", asker(false))).rejects.toMatchObject({ code: 1 });
    expect(kept.asked.map(({ name }) => name)).toEqual(["skills.list"]);
    const gone = contextWith(answered);
    await removeSkill(gone.context, {}, "tidy-notes", asker(true));
    expect(gone.asked.at(-1)).toEqual({ name: "skills.remove", input: { name: "tidy-notes" } });
    expect(await run(["skill", "remove", "tidy-notes"], all, settings)).toMatchObject({ code: "USAGE", asked: [] });
    expect(await run(["skill", "remove", "nothing", "--yes"], all, settings)).toMatchObject({ code: "NOT_FOUND" });
  });
});
