import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OperationName } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import type { ErrorCode } from "@moltbot/contracts/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { PackageAsker } from "../packages/agree.ts";
import { installPlugin } from "../packages/install-plugin.ts";
import { updatePlugin } from "../packages/update-plugin.ts";
import {
  PLUGIN_JSON,
  STRANGERS_KEY,
  WIDENED,
  contextWith,
  folderOf,
  pluginFiles,
  pluginInfo,
  report,
  skillInfo,
  trusted,
} from "../testing/package-samples.ts";
import { run } from "../testing/run.ts";
import { agent, secretInfo } from "../testing/samples.ts";

let place: ReturnType<typeof folderOf>;
let settings: Readonly<Record<string, string>>;
let file: string;

beforeEach(async () => {
  place = folderOf(pluginFiles());
  file = join(place.path, "w.moltpackage");
  settings = { XDG_CONFIG_HOME: join(place.path, ".config") };
  vi.stubEnv("XDG_CONFIG_HOME", settings["XDG_CONFIG_HOME"]);
  await run(["plugin", "pack", place.path, "--out", file], {}, settings);
});
afterEach(() => {
  place.remove();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const told = (words: string): unknown => expect.stringContaining(words) as unknown;
const unknownRefusal = { code: "SIGNER_UNKNOWN", says: "nobody knows the key", next: "compare it" };
const unknown = report({
  signer: { key: STRANGERS_KEY, trusted: false, name: null },
  refusals: [unknownRefusal],
});
const FEED = {
  ...PLUGIN_JSON,
  permissions: [{ kind: "http", hosts: [], chosen: true, why: "To read your feeds." }],
} as const;
const WITH_SECRET = {
  ...PLUGIN_JSON,
  permissions: [
    PLUGIN_JSON.permissions[0],
    { kind: "secret", name: "token", host: "api.example.org:443", why: "To sign in as you." },
  ],
} as const;
const answersWith = (inspected: unknown, more: Readonly<Record<string, { readonly json: unknown }>> = {}) => ({
  "POST /v2/packages/inspect": { json: inspected },
  "GET /v2/agents": { json: [agent()] },
  "POST /v2/plugins": { json: pluginInfo() },
  ...more,
});
const saying = (...answers: readonly (boolean | string)[]): PackageAsker => {
  let at = 0;
  return {
    yes: () => Promise.resolve(answers[at++] === true),
    line: () => Promise.resolve(String(answers[at++] ?? "")),
  };
};
/** The same context, in which one operation fails. */
const failingAt = (context: CommandContext, at: OperationName, code: ErrorCode): CommandContext => ({
  ...context,
  call: async (name, input) => {
    if (name === at) throw new CommandFailure(moltbotError(code));
    return context.call(name, input);
  },
});
const names = (asked: readonly { readonly name: string }[]) => asked.map(({ name }) => name);

describe("what a person sees before they agree", () => {
  const full = {
    ...WITH_SECRET,
    tools: [
      {
        ...PLUGIN_JSON.tools[0],
        input: {
          type: "object",
          properties: {
            place: { type: "string", description: "A town.", maxLength: 80 },
            days: { type: "integer", minimum: 1, maximum: 10 },
          },
          required: ["place"],
        },
        roles: { place: "content" },
      },
    ],
    limits: { cpuMs: 2000, seconds: 15 },
    sees: ["Names of places."],
  };
  const shown = [
    "    place  text up to 80, required       A town. · stands for: content\n",
    "    days   whole number from 1 up to 10\n",
    "Why it asks for that, in its author's words\n  http          “To ask for the weather.”\n",
    "  secret token  “To sign in as you.”\n",
    "Limits above the usual\n  • 2000 milliseconds of the processor in one call (cpuMs, usually 500)\n",
    "  • Its secret token is the one that you call token\n",
    "  ! There is no secret token that you may use: ./moltbot secret set token --host api.example.org:443\n",
    "Gets to see, as its author says\n  • Names of places.\n",
  ];
  const vault = { "GET /v2/secrets": { json: [secretInfo("mine")] } };

  it("are the tools with their arguments, the author's reasons, limits above the usual and what is missing", async () => {
    const { out } = await run(["plugin", "inspect", file], answersWith(report({ manifest: full }), vault), settings);
    for (const lines of shown) expect(`${out}\n`).toContain(lines);
    expect(out).not.toContain("seconds by the clock");
    const before = await run(["plugin", "install", file, "--yes"], answersWith(report({ manifest: full }), vault));
    for (const lines of shown) expect(`${before.err}\n`).toContain(lines);
  });

  it("are the same of one that is installed", async () => {
    const there = { "GET /v2/plugins": { json: [pluginInfo({ manifest: full })] }, "GET /v2/agents": { json: [] } };
    const { out } = await run(["plugin", "list", "weather"], { ...there, ...vault }, settings);
    for (const lines of shown) expect(`${out}\n`).toContain(lines);
  });

  it("name the hosts and secrets that they chose, and what is in no vault", async () => {
    const touches = ["Sends web requests (GET) to no host yet."];
    const feed = answersWith(report({ manifest: FEED, touches }));
    const chosen = await run(["plugin", "install", file, "--yes", "--host", "hnrss.org"], feed, settings);
    expect(chosen.err).toContain("• Sends web requests (GET) to hnrss.org.");
    expect(chosen.err).toContain("• You named the hosts hnrss.org:443");
    const secret = answersWith(report({ manifest: WITH_SECRET }), vault);
    const absent = await run(["plugin", "install", file, "--yes", "--secret", "token=absent"], secret, settings);
    expect(absent.err).toContain("! There is no secret absent that you may use");
    const there = await run(["plugin", "install", file, "--yes", "--secret", "token=mine"], secret, settings);
    expect(there.err).toContain("• Its secret token is the one that you call mine");
    expect(there.err).not.toContain("There is no secret");
  });

  it("say of one without a host that it can do nothing yet, before and after", async () => {
    const installed = { "POST /v2/plugins": { json: pluginInfo({ manifest: FEED }) } };
    const done = await run(["plugin", "install", file, "--yes"], answersWith(report({ manifest: FEED }), installed));
    const says = "! No host is named yet, so it can reach nothing: ./moltbot plugin hosts weather HOST names one";
    expect(done.err).toContain(says);
    expect(done.out).toContain(says);
  });
});

describe("looking at a package", () => {
  it("makes no key, and calls a folder unsigned where its owner has none", async () => {
    const unsigned = report({
      signer: null,
      refusals: [{ code: "PACKAGE_UNSIGNED", says: "nobody signed it", next: "Sign it." }],
    });
    const done = await run(["plugin", "inspect", place.path], answersWith(unsigned), settings);
    expect(done).toMatchObject({ exit: 0, err: "" });
    expect(done.out).toMatch(/signed by +nobody yet: when it is installed a key is made for you/);
    expect(done.out).not.toContain("Refused");
    expect(existsSync(join(place.path, ".config"))).toBe(false);
  });

  it("calls one's own key one's own, and says what taking it needs", async () => {
    const { key } = JSON.parse((await run(["signers", "mine", "--json"], {}, settings)).out) as { key: string };
    const mine = report({ signer: { key, trusted: false, name: null }, refusals: [unknownRefusal] });
    const done = await run(["plugin", "inspect", place.path], answersWith(mine), settings);
    expect(done).toMatchObject({ exit: 0 });
    expect(done.out).toMatch(/signed by +you: your own key, which this house does not know yet/);
    expect(done.out).toContain("`--trust me`");
    expect(done.out).not.toContain("compare it");
  });

  it("takes the folder of a skill too, as the next version of an installed one", async () => {
    const skill = folderOf({
      "SKILL.md": "---\nname: tidy-notes\ndescription: How notes are kept tidy.\n---\n# Tidy\n",
    });
    const manifest = { name: "tidy-notes", version: "1.2.4", description: "x", origin: "imported" };
    const looked = report({ kind: "skill", name: "tidy-notes", version: "1.2.4", manifest });
    const there = { "GET /v2/skills": { json: [skillInfo()] } };
    const done = await run(["plugin", "inspect", skill.path], answersWith(looked, there), settings);
    skill.remove();
    const sent = done.asked.at(-1)?.body as { archive: string } | undefined;
    expect(Buffer.from(sent?.archive ?? "", "base64").toString()).toContain('"name":"tidy-notes","version":"1.2.4"');
    expect(done.out).toContain("somebody else's, only packed");
  });

  it("ends with 1 where it is refused, and with 0 where its signer is only unknown", async () => {
    const bad = report({ refusals: [{ code: "PACKAGE_ALTERED", says: "It was changed.", next: "Do not use it." }] });
    expect(await run(["plugin", "inspect", file], answersWith(bad), settings)).toMatchObject({ exit: 1 });
    expect(await run(["plugin", "inspect", file, "--json"], answersWith(bad), settings)).toMatchObject({ exit: 1 });
    const asks = await run(["plugin", "inspect", file], answersWith(unknown), settings);
    expect(asks).toMatchObject({ exit: 0, out: told("Before it is installed\n  ! nobody knows the key") });
  });
});

describe("a key that is trusted for one package", () => {
  const table = {
    "agents.list": [agent()],
    "packages.inspect": unknown,
    "signers.trust": trusted(),
    "signers.remove": {},
  };
  const failing = (code: "PACKAGE_NAME_TAKEN" | "GATEWAY_UNREACHABLE") => {
    const made = contextWith(table);
    return { ...made, context: failingAt(made.context, "plugins.install", code) };
  };

  it("is not trusted where the package is not agreed to", async () => {
    const { context, asked } = contextWith(table);
    const refused = installPlugin(context, { trust: "Ada" }, file, saying(false));
    await expect(refused).rejects.toMatchObject({ code: 1 });
    expect(names(asked)).toEqual(["packages.inspect", "agents.list"]);
  });

  it("is not trusted any more where the package cannot be installed", async () => {
    const { context, asked, said } = failing("PACKAGE_NAME_TAKEN");
    const refused = installPlugin(context, { trust: "Ada" }, file, saying(true));
    await expect(refused).rejects.toMatchObject({ failure: { code: "PACKAGE_NAME_TAKEN" } });
    expect(asked.at(-1)).toEqual({ name: "signers.remove", input: { key: STRANGERS_KEY } });
    expect(said.at(-1)).toBe("The key of Ada is not trusted either.");
  });

  it("is named with the way to take it back where that fails too, after a connection that broke off", async () => {
    const { context, said } = failing("GATEWAY_UNREACHABLE");
    const gone = failingAt(context, "signers.remove", "GATEWAY_UNREACHABLE");
    const refused = installPlugin(gone, { trust: "Ada" }, file, saying(true));
    await expect(refused).rejects.toMatchObject({
      failure: { code: "GATEWAY_UNREACHABLE", message: told("broke off"), next: told("./moltbot plugin list") },
    });
    expect(said.at(-1)).toContain(`./moltbot signers remove ${STRANGERS_KEY}`);
  });
});

describe("an update that may do more", () => {
  const waiting = pluginInfo({ waiting: WIDENED });
  const update = (before: unknown, inspected = report(), ...argv: readonly string[]) =>
    run(
      ["plugin", "update", file, ...argv],
      {
        ...answersWith(inspected),
        "GET /v2/plugins": { json: [before] },
        "POST /v2/plugins/weather/update": { json: waiting },
        "POST /v2/plugins/weather/accept": { json: pluginInfo({ version: "1.1.0" }) },
      },
      settings,
    );

  it("is taken at once with --yes, after it was shown", async () => {
    const done = await update(pluginInfo(), report(), "--yes");
    expect(done).toMatchObject({ exit: 0, out: told("✓ weather is 1.1.0 now") });
    expect(done.err).toContain("+ It may send web requests to evil.example.");
    expect(done.asked.at(-1)).toMatchObject({ body: { digest: WIDENED.digest } });
  });

  it("says which one it takes the place of", async () => {
    const other = pluginInfo({ waiting: { ...WIDENED, version: "1.0.5", digest: "c".repeat(64) } });
    expect((await update(other)).err).toContain("The update to 1.0.5, which waited, is thrown away for this one.");
    expect((await update(waiting)).err).not.toContain("thrown away");
  });

  it("is shown also where it is accepted beforehand", async () => {
    const there = {
      "GET /v2/plugins": { json: [waiting] },
      "POST /v2/plugins/weather/accept": { json: pluginInfo({ version: "1.1.0" }) },
    };
    const done = await run(["plugin", "accept", "weather", "--yes"], there, settings);
    expect(done.err).toContain("+ It may send web requests to evil.example.");
    expect(done.out).toContain("✓ weather is 1.1.0 now");
  });

  it("is told apart from the same version again", async () => {
    const nothing = { added: [], changed: [], removed: [] };
    const same = report({
      difference: { from: "1.0.0", to: "1.0.0", widens: [], narrows: [], files: nothing },
      refusals: [{ code: "PACKAGE_DOWNGRADE", says: "1.0.0 is not newer than 1.0.0", next: "Get a newer one." }],
    });
    expect(await update(pluginInfo(), same)).toMatchObject({
      code: "PACKAGE_DOWNGRADE",
      problem: "weather 1.0.0 is installed, and this one has the same version.",
      next: told("raise its version"),
    });
  });

  it("may have been taken where the connection broke off", async () => {
    const made = contextWith({ "packages.inspect": report(), "plugins.list": [pluginInfo()] });
    const broken = failingAt(made.context, "plugins.update", "GATEWAY_UNREACHABLE");
    await expect(updatePlugin(broken, {}, file, null)).rejects.toMatchObject({
      failure: { message: told("broke off"), next: told("./moltbot plugin list weather") },
    });
  });
});
