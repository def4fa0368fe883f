import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readValue } from "../secret-sources/read-value.ts";
import { run } from "../testing/run.ts";
import { secretInfo } from "../testing/samples.ts";
import { secretImportCommand } from "./secret-import.ts";
import type { AskHosts } from "./secret-import.ts";
import { expiryOf, hostWish, hostsFor, rotationOf, typedHosts } from "./secret-wish.ts";

const VALUE = "canary-4242";
const at = "2026-11-22T12:00:00.000Z";
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-cli-secret-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("secret set", () => {
  const put = { "PUT /v2/secrets/weather": { json: secretInfo("weather") } };

  it("sends what was named and nothing else, and shows no value", async () => {
    const key = file("key", `${VALUE}\r\n`);
    const bare = await run(["secret", "set", "weather", "--host", "a.example", "--file", key], put);
    expect(bare.asked).toMatchObject([{ body: { value: VALUE, hosts: ["a.example"] } }]);
    expect(Object.keys(bare.asked[0]?.body as object)).toEqual(["value", "hosts"]); // a JSON object
    const argv = ["--kind", "api-key", "--expires", "2099-01-31", "--rotate", "90", "--header", "X-Api-Key"];
    const full = await run(["secret", "set", "weather", "--host", "a.example", "--file", key, ...argv], put);
    expect(full.asked[0]?.body).toEqual({
      value: VALUE,
      hosts: ["a.example"],
      header: "X-Api-Key",
      kind: "api-key",
      expiresAt: "2099-01-31T00:00:00.000Z",
      rotateEveryDays: 90,
    });
    const never = await run(
      [
        "secret",
        "set",
        "weather",
        "--host",
        "a.example",
        "--file",
        key,
        "--expires",
        "never",
        "--rotate",
        "never",
        "--header",
        "any",
      ],
      put,
    );
    expect(never.asked[0]?.body).toMatchObject({ expiresAt: null, rotateEveryDays: null, header: null });
    expect(bare.out + full.out + full.err).not.toContain(VALUE);
  });

  it("keeps the hosts of one that is there, and asks for them otherwise, naming the usual ones", async () => {
    const key = file("key", VALUE);
    const known = { ...put, "GET /v2/secrets": { json: [secretInfo("weather", { hosts: ["b.example"] })] } };
    expect((await run(["secret", "set", "weather", "--file", key], known)).asked.at(-1)?.body).toMatchObject({
      hosts: ["b.example"],
    });
    const mine = { ...known, "GET /v2/sessions/current": { json: { id: "01930000-0000-7000-8000-000000000001" } } };
    // The house's hosts are not one's own's.
    expect(await run(["secret", "set", "weather", "--mine", "--file", key], mine)).toMatchObject({ code: "USAGE" });
    const own = await run(["secret", "set", "weather", "--mine", "--file", key, "--host", "c.example"], put);
    expect(own.asked.at(-1)?.body).toMatchObject({ hosts: ["c.example"], of: "me" });
    const fresh = await run(["secret", "set", "openai-api-key", "--file", key], { "GET /v2/secrets": { json: [] } });
    expect(fresh).toMatchObject({ code: "USAGE", problem: expect.stringContaining("--host api.openai.com") as string });
    const unknown = await run(["secret", "set", "x", "--file", key], { "GET /v2/secrets": { json: [] } });
    expect(unknown).toMatchObject({ code: "USAGE", problem: expect.not.stringContaining("Usual") as string });
  });

  it("refuses words that mean nothing before it reads the value", async () => {
    for (const argv of [
      ["--kind", "sword"],
      ["--expires", "soon"],
      ["--expires", "2001-01-01"],
      ["--rotate", "0"],
      ["--file", join(folder, "missing")],
      ["--file", folder],
      ["--fd", "three"],
      ["--fd", "3", "--file", "x"],
      ["--file", file("empty", "\n")],
      ["--file", file("huge", "x".repeat(70_000))],
    ]) {
      const refused = await run(["secret", "set", "weather", "--host", "a.example", ...argv], put);
      expect(refused, argv.join(" ")).toMatchObject({ code: "USAGE", asked: [] });
    }
  });

  it("has no way to give the value as an argument", async () => {
    await expect(run(["secret", "set", "weather", VALUE, "--host", "a.example"], put)).rejects.toMatchObject({
      code: "commander.excessArguments",
    });
    await expect(run(["secret", "set", "weather", "--value", VALUE], put)).rejects.toMatchObject({
      code: "commander.unknownOption",
    });
  });

  it("reads a descriptor, or a person who types it unseen", async () => {
    const descriptor = openSync(file("fd", `${VALUE}\n`), "r");
    expect(await readValue({ fd: String(descriptor) }, "m")).toBe(VALUE);
    closeSync(descriptor);
    expect(await readValue({}, "The value of x", true, async (message) => `${message}!`)).toBe("The value of x!");
    await expect(readValue({}, "m", true, async () => null)).rejects.toThrow("nothing was stored");
    await expect(readValue({}, "m", true, async () => "")).rejects.toThrow("nothing was stored");
    await expect(readValue({ fd: "999" }, "m")).rejects.toThrow("cannot be read from descriptor 999");
  });
});

describe("secret list", () => {
  it("says what is due, what has ended and what was never used", async () => {
    const list = [
      secretInfo("a", { rotationDue: true, lastUsedAt: at }),
      secretInfo("b", { expiresAt: "2001-01-01T00:00:00.000Z" }),
      secretInfo("c", { expiresAt: "2099-01-01T00:00:00.000Z" }),
      secretInfo("d"),
    ];
    const { out } = await run(["secret", "list"], { "GET /v2/secrets": { json: list } });
    const rows = out.split("\n");
    expect(rows[1]).toContain("a new value is due");
    expect(rows[2]).toMatch(/never .*expired: not lent/);
    expect(rows[3]).toContain("good until");
    expect(rows[4]).toMatch(/good$/);
  });
});

describe("secret import", () => {
  const answers = Object.fromEntries(
    ["openai-api-key", "anthropic-api-key", "mine-token", "service", "db.password", "telegram-bot-token"].map(
      (name) => [`PUT /v2/secrets/${name}`, { json: secretInfo(name) }],
    ),
  );

  it("stores variables with their usual hosts and says how to be rid of them", async () => {
    const environment = { OPENAI_API_KEY: VALUE, TELEGRAM_BOT_TOKEN: "canary-1", MINE_TOKEN: "canary-2" };
    const done = await run(
      ["secret", "import", "--from-env", "OPENAI_API_KEY", "TELEGRAM_BOT_TOKEN", "MINE_TOKEN"],
      answers,
      environment,
    );
    expect(done.asked.map(({ route, body }) => [route, body])).toEqual([
      ["PUT /v2/secrets/openai-api-key", { value: VALUE, hosts: ["api.openai.com"], kind: "api-key" }],
      ["PUT /v2/secrets/telegram-bot-token", { value: "canary-1", hosts: ["api.telegram.org"], kind: "token" }],
    ]);
    expect(done.out).toContain("unset OPENAI_API_KEY");
    expect(done.out).toMatch(/mine-token +token +none: left/);
    expect(done.out).not.toContain("unset MINE_TOKEN");
    expect(done.out + done.err).not.toContain("canary");
    const named = await run(
      ["secret", "import", "--from-env", "MINE_TOKEN", "--host", "mine-token=m.example"],
      answers,
      environment,
    );
    expect(named.asked[0]?.body).toMatchObject({ hosts: ["m.example"] });
  });

  it("reads a file of variables, names each line, deletes nothing, and leaves what is no secret", async () => {
    const text = `# c\nexport OPENAI_API_KEY='${VALUE}'\nANTHROPIC_API_KEY="canary\\n2" # c\nLANG=de\nEMPTY_TOKEN=\nREF_TOKEN=\${X}\n`;
    const path = file(".env", text);
    const dry = await run(["secret", "import", "--from-file", path, "--dry-run"], {});
    expect(dry.asked).toEqual([]);
    expect(dry.out).toContain("Nothing was stored.");
    const done = await run(["secret", "import", "--from-file", path, "--json"], answers);
    expect(done.asked.map(({ body }) => body)).toMatchObject([{ value: VALUE }, { value: "canary\n2" }]);
    expect(JSON.parse(done.out)).toMatchObject({
      stored: [
        { name: "openai-api-key", where: `${path}, line 2 (OPENAI_API_KEY)` },
        { where: `${path}, line 3 (ANTHROPIC_API_KEY)` },
      ],
      left: ["LANG", "EMPTY_TOKEN", "REF_TOKEN"],
    });
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("reads JSON by its leaves, and a file that is one secret as a whole", async () => {
    const nested = file("settings.json", JSON.stringify({ db: { password: "canary-p", port: 1 }, lang: "de" }));
    const leaves = await run(["secret", "import", "--from-file", nested, "--host", "db.example:5432"], answers);
    expect(leaves.asked).toMatchObject([
      {
        route: "PUT /v2/secrets/db.password",
        body: { value: "canary-p", hosts: ["db.example:5432"], kind: "password" },
      },
    ]);
    const service = file("service.json", JSON.stringify({ type: "service_account", private_key: "canary" }));
    const whole = await run(["secret", "import", "--from-file", service, "--host", "oauth2.googleapis.com"], answers);
    expect(whole.asked).toMatchObject([{ body: { value: readFileSync(service, "utf8") } }]);
    expect(whole.out).toContain(`rm '${service}'`);
    const only = await run(["secret", "import", "--from-file", nested, "--only", "lang", "--dry-run", "--json"], {});
    expect(JSON.parse(only.out)).toMatchObject({ left: ["lang", "db.password"] });
  });

  it("is refused when it is asked for nothing, for both, or for what is not there", async () => {
    const path = file("x.json", "{ broken");
    const big = file("big.txt", "x".repeat(20_000));
    mkdirSync(join(folder, "sub"), { recursive: true });
    for (const argv of [
      [],
      ["--from-env", "A", "--from-file", path],
      ["--from-env", "NOT_THERE_AT_ALL"],
      ["--from-file", join(folder, "missing")],
      ["--from-file", join(folder, "sub")],
      ["--from-file", path, "--as", "json"],
      ["--from-file", path, "--as", "yaml"],
      ["--from-file", file("y.env", "A=1"), "--only", "B"],
      ["--from-file", big],
    ])
      expect(await run(["secret", "import", ...argv], answers), argv.join(" ")).toMatchObject({
        code: "USAGE",
        asked: [],
      });
  });

  it("asks a person for each host, offering the usual ones, and stores nothing when they turn away", async () => {
    const calls: unknown[] = [];
    const asked: unknown[] = [];
    const ask =
      (answer: readonly string[] | null): AskHosts =>
      async (name, usual) => {
        asked.push([name, usual]);
        return answer;
      };
    const importing = async (answer: readonly string[] | null) => {
      const program = new Command("test").exitOverride();
      secretImportCommand(
        program,
        (body) =>
          async (...received) => {
            const command = received.at(-1) as Command; // as commander hands it over
            const call = async (name: string, input: unknown) => void calls.push([name, input]);
            const output = { json: false, data: () => undefined };
            const context = { output, call } as never; // of which it uses nothing else
            await body(context, command.opts(), "", "", []);
          },
        ask(answer),
      );
      const terminal = [process.stdin.isTTY, process.stdout.isTTY] as const;
      process.stdin.isTTY = true;
      process.stdout.isTTY = true;
      try {
        await program.parseAsync(["import", "--from-file", file("one.env", "OPENAI_API_KEY=canary")], { from: "user" });
      } finally {
        [process.stdin.isTTY, process.stdout.isTTY] = terminal;
      }
    };
    await importing(["proxy.example"]);
    expect(asked).toEqual([["openai-api-key", ["api.openai.com"]]]);
    expect(calls).toMatchObject([["secrets.set", { name: "openai-api-key", hosts: ["proxy.example"] }]]);
    await expect(importing(null)).rejects.toThrow("Nothing was stored");
    expect(calls).toHaveLength(1);
  });
});

describe("the words of a wish", () => {
  it("are days, numbers of days or never", () => {
    const now = Date.parse(at);
    expect(expiryOf(undefined, now)).toBeUndefined();
    expect(expiryOf("never", now)).toBeNull();
    expect(expiryOf("10", now)).toBe("2026-12-02T12:00:00.000Z");
    expect(expiryOf("2027-01-31T10:00:00Z", now)).toBe("2027-01-31T10:00:00.000Z");
    expect(() => expiryOf("31.1.2027", now)).toThrow("--expires");
    expect(rotationOf(undefined)).toBeUndefined();
    expect(() => rotationOf("1.5")).toThrow("--rotate");
  });

  it("name hosts for all, for one, or as they are typed", () => {
    const wish = hostWish(["a.example", "x=b.example", "x=c.example"]);
    expect(hostsFor(wish, "x")).toEqual(["b.example", "c.example"]);
    expect(hostsFor(wish, "y")).toEqual(["a.example"]);
    expect(hostsFor(hostWish([]), "y")).toBeNull();
    expect(typedHosts(" a.example, b.example  c.example,")).toEqual(["a.example", "b.example", "c.example"]);
  });
});
