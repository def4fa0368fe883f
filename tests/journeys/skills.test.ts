/** Skills from a signed file to an agent's workspace, in a whole gateway: installed, listed, read, unpacked, updated and removed. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Result, SkillInfo, TurnReport } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, must } from "../support/attack-house.ts";
import { scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway, Said } from "../support/fitted-gateway.ts";
import { aSkillManifest, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage, TestSigner } from "../support/packages.ts";

type Json = Readonly<Record<string, unknown>>;

/** The wish of a person, one line: "call TOOL {json}". The model does what it says. */
const CALL = /^call (\S+) (.*)$/;
const NAME = "tidy-notes";
const DESCRIPTION = "How notes are kept tidy.";
const HEAD = `---\nname: ${NAME}\ndescription: ${DESCRIPTION}\n---\n`;
const SCRIPT = "scripts/tidy.sh";
const PICTURE = Uint8Array.from([0x89, 0x50, 0xff, 0x00]);

describe("skills in a whole gateway", { timeout: 60_000 }, () => {
  let house: FittedGateway;
  let models: ReturnType<typeof scriptedModels>;
  let mine: TestSigner;
  let anns: TestSigner;
  beforeEach(async () => {
    models = scriptedModels(({ messages }): Said => {
      const [last] = messages.slice(-1);
      if (last?.role === "tool") return { text: "That is all." };
      const [, tool, args] = CALL.exec(last?.role === "user" ? last.text : "") ?? [];
      return tool === undefined ? { text: "Yes?" } : { calls: [{ tool, arguments: JSON.parse(args ?? "{}") }] };
    });
    house = await startFittedGateway({ models });
    [mine, anns] = [testSigner(), testSigner()];
    must(await house.client.call("signers.trust", { key: mine.key, name: "Me", own: true }));
    must(await house.client.call("signers.trust", { key: anns.key, name: "Ann", own: false }));
  }, 60_000);
  afterEach(async () => {
    await house.close();
    house.place.remove();
  });

  const skill = (key: TestSigner, change: Json = {}, words = "Notes go under a heading."): TestPackage =>
    signedPackage({
      kind: "skill",
      manifest: aSkillManifest({ origin: "own", description: DESCRIPTION, ...change }),
      files: { "SKILL.md": `${HEAD}${words}\n`, [SCRIPT]: "#!/bin/sh\necho tidy\n", "logo.png": PICTURE },
      key,
    });
  const install = (given: TestPackage, agents = [house.agent.id]): Promise<Result<SkillInfo>> =>
    house.client.call("skills.install", { archive: given.archive, digest: given.digest, agents });

  /** What came of one call in a conversation of its own, and what the model was told first. */
  const calling = async (tool: string, args: Json = {}) => {
    const from = models.heard.length;
    const { turnId } = await house.send(`call ${tool} ${JSON.stringify(args)}`);
    const report: TurnReport = await house.settled(turnId);
    const messages = must(await house.client.call("conversations.messages", { conversationId: report.conversationId }));
    const results = messages.flatMap(({ parts }) => parts.filter((part) => part.type === "result"));
    return {
      report,
      prompt: JSON.stringify(models.heard[from]),
      text: results.map((part) => `${part.status}: ${part.text}`).join("\n"),
    };
  };
  const unpacked = (path: string): string => join(house.workspace, "skills", NAME, path);

  it("are listed, read and unpacked by the agent that they were given to; a script in them is asked about", async () => {
    expect(must(await install(skill(mine)))).toMatchObject({ name: NAME, trusted: true, agents: [house.agent.id] });
    const listed = await calling("skill.list");
    expect(listed.text).toContain(`${NAME} (the owner's own, 3 files): ${DESCRIPTION}`);
    expect(listed.prompt).toContain(DESCRIPTION);
    const read = await calling("skill.read", { skill: NAME });
    expect(read.text).toContain("Notes go under a heading.");
    expect(read.text).toContain(SCRIPT);
    expect(read.text).not.toContain("---");
    expect((await calling("skill.read", { skill: NAME, file: SCRIPT })).text).toContain("echo tidy");
    expect((await calling("skill.read", { skill: NAME, file: "logo.png" })).text).toContain("Not text: 4 bytes");
    expect((await calling("skill.read", { skill: NAME, file: "../../moltbot.json5" })).text).toMatch(
      /^failed: There is no such file/,
    );
    const { report } = await calling("skill.unpack", { skill: NAME });
    expect(report.approvals.map(({ question }) => question.rule)).toEqual(["write.runs-later"]);
    expect(existsSync(unpacked("SKILL.md"))).toBe(false);
    for (const { id } of report.approvals)
      must(await house.client.call("approvals.answer", { approvalId: id, answer: "allow" }));
    await expect.poll(async () => (await house.settled(report.turnId)).state).toBe("done");
    expect(readFileSync(unpacked(SCRIPT), "utf8")).toBe("#!/bin/sh\necho tidy\n");
    expect(statSync(unpacked(SCRIPT)).mode & 0o111).toBe(0);
    expect(new Uint8Array(readFileSync(unpacked("logo.png")))).toEqual(PICTURE);
  });

  it("of somebody else are told by their number alone until they are asked for", async () => {
    expect(must(await install(skill(anns)))).toMatchObject({ trusted: false });
    const listed = await calling("skill.list");
    expect(listed.prompt).not.toContain(DESCRIPTION);
    expect(listed.text).toContain(`${NAME} (signed by Ann, 3 files): ${DESCRIPTION}`);
    expect((await calling("skill.read", { skill: NAME })).text).toContain("Notes go under a heading.");
  });

  it("are nothing to an agent that was not given them", async () => {
    must(await install(skill(mine), []));
    expect((await calling("skill.list")).prompt).not.toContain(DESCRIPTION);
    expect((await calling("skill.read", { skill: NAME })).text).not.toContain("Notes go under a heading.");
    await calling("skill.unpack", { skill: NAME });
    expect(existsSync(unpacked("SKILL.md"))).toBe(false);
    must(await house.client.call("skills.change", { name: NAME, agents: [house.agent.id] }));
    expect((await calling("skill.read", { skill: NAME })).text).toContain("Notes go under a heading.");
  });

  it("are there after a restart, give way to newer ones of their signer, and leave no word when they are removed", async () => {
    must(await install(skill(mine)));
    await house.close();
    house = await startFittedGateway({ models }, house.place);
    expect((await calling("skill.read", { skill: NAME })).text).toContain("Notes go under a heading.");
    expect(codeOf(await install(skill(mine)))).toBe("PACKAGE_DOWNGRADE");
    expect(codeOf(await install(skill(anns, { version: "1.1.0" })))).toBe("SIGNER_CHANGED");
    must(await install(skill(mine, { version: "1.1.0" }, "Notes have dates.")));
    const read = await calling("skill.read", { skill: NAME });
    expect(read.text).toContain("Notes have dates.");
    expect(read.text).not.toContain("under a heading");
    must(await house.client.call("skills.remove", { name: NAME }));
    expect((await calling("skill.read", { skill: NAME })).text).not.toContain("Notes have dates.");
    const after = await calling("skill.list");
    expect([after.prompt.includes(DESCRIPTION), after.text.includes(NAME)]).toEqual([false, false]);
    const grants = must(await house.client.call("capabilities.list", {})).filter(({ revokedAt }) => revokedAt === null);
    expect(JSON.stringify(grants)).not.toContain(NAME);
    must(await house.client.call("signers.remove", { key: mine.key }));
  });
});
