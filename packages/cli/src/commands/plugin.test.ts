import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPackage } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PLUGIN_JSON, STRANGERS_KEY, folderOf, pluginFiles } from "../testing/package-samples.ts";
import { run } from "../testing/run.ts";

let place: ReturnType<typeof folderOf>;
let settings: Readonly<Record<string, string>>;
const here = (name: string): string => join(place.path, name);

beforeEach(() => {
  place = folderOf({});
  settings = { XDG_CONFIG_HOME: here("config") };
});
afterEach(() => {
  place.remove();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A folder beside the others of this test. */
const put = (name: string, files: Readonly<Record<string, string | Uint8Array>>): string => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(here(name), path, ".."), { recursive: true });
    writeFileSync(join(here(name), path), content);
  }
  return here(name);
};
const told = (words: string): unknown => expect.stringContaining(words) as unknown;

describe("plugin new", () => {
  it("makes a folder that packs as it is, with cases and what to read", async () => {
    const made = await run(["plugin", "new", "weather", "--dir", here("weather")], {}, settings);
    expect(made).toMatchObject({ exit: 0, asked: [] });
    expect(made.out).toContain(`./moltbot plugin test ${here("weather")}`);
    expect(made.out).toContain("with the gateway running");
    expect(made.out).toContain(`./moltbot plugin install ${here("weather")} --trust me`);
    expect(readdirSync(here("weather")).toSorted()).toEqual([
      "README.md",
      "main.js",
      "plugin.json",
      "plugin.test.json",
    ]);
    const packed = await run(["plugin", "pack", here("weather"), "--out", here("w"), "--json"], {}, settings);
    expect(JSON.parse(packed.out)).toMatchObject({ name: "weather", version: "0.1.0", signer: null });
  });

  it("leaves a folder alone that is there, also an empty one", async () => {
    mkdirSync(here("weather"));
    const refused = await run(["plugin", "new", "weather", "--dir", here("weather")], {}, settings);
    expect(refused).toMatchObject({ code: "USAGE", problem: told("is there already") });
    expect(readdirSync(here("weather"))).toEqual([]);
  });

  it.each(["Weather", "my-plugin", "../x", "w", "1day", "a".repeat(33)])(
    "takes no %j for a name, and says what one is",
    async (name) => {
      const refused = await run(["plugin", "new", name, "--dir", here("x")], {}, settings);
      expect(refused).toMatchObject({ code: "USAGE", problem: told("one word of 2 to 32 small letters") });
      expect(existsSync(here("x"))).toBe(false);
    },
  );
});

describe("plugin pack", () => {
  const pack = (folder: string, ...more: readonly string[]) =>
    run(["plugin", "pack", folder, "--out", here("out"), ...more], {}, settings);

  it("packs the same files to the same bytes, without what begins with a dot, node_modules and packages", async () => {
    const files = { ...pluginFiles(), "lib/table.bin": new Uint8Array([0xff, 0xfe, 0]), "plugin.test.json": "{}" };
    const folder = put("a", { ...files, ".env": "SECRET=1", "node_modules/x/index.js": "", "old.moltpackage": "x" });
    await pack(folder);
    const first = readFileSync(here("out"));
    const opened = openPackage(first);
    expect(opened.ok && opened.value.content.files.map(({ path }) => path)).toEqual([
      "lib/table.bin",
      "main.js",
      "plugin.test.json",
    ]);
    expect(first.toString()).not.toContain("SECRET");
    await pack(put("b", Object.fromEntries(Object.entries(files).toReversed())));
    expect(readFileSync(here("out")).equals(first)).toBe(true);
  });

  it("writes NAME-VERSION.moltpackage where it is run, when no file is named", () => {
    const main = join(import.meta.dirname, "..", "main.ts");
    execFileSync(process.execPath, [main, "plugin", "pack", put("a", pluginFiles())], {
      cwd: place.path,
      env: settings,
    });
    expect(openPackage(readFileSync(here("weather-1.0.0.moltpackage"))).ok).toBe(true);
  });

  it.each([
    ["no manifest", { "main.js": "" }, "there is no plugin.json", "./moltbot plugin new"],
    ["no code", { "plugin.json": "{}" }, "there is no main.js", "one module called main.js"],
    ["no JSON", { ...pluginFiles(), "plugin.json": '{\n  "a": 1,,\n}' }, "from line 2, column 10 on", "double quotes"],
  ] as const)("refuses a folder with %s, and says what to do", async (_says, files, problem, next) => {
    const refused = await pack(put("a", files));
    expect(refused).toMatchObject({ code: "PACKAGE_INVALID", problem: told(problem), next: told(next) });
    expect(existsSync(here("out"))).toBe(false);
  });

  it.each([
    [{ version: "1.0" }, "plugin.json: version: “1.0” does not fit", "three numbers"],
    [{ name: "My_Plugin" }, "plugin.json: name: “My_Plugin”", "one word of 2 to 32 small letters"],
    [{ manifest: 2 }, "plugin.json: manifest: “2”", '"manifest": 1'],
    [{ title: undefined }, "plugin.json: title: it is missing", "one line of up to 60"],
    [{ permisions: [] }, "plugin.json: nothing is called “permisions” there", "correct its spelling"],
    [
      { permissions: [{ kind: "http", hosts: ["api.example.org"], why: "x" }] },
      "permissions[0].hosts[0]: “api.example.org” does not fit",
      "name:port",
    ],
    [
      { permissions: [{ kind: "http", hosts: ["a.example:443"] }] },
      "permissions[0].why: it is missing",
      "why the plugin",
    ],
    [{ permissions: [{ kind: "files", why: "x" }] }, "permissions[0].kind: “files”", "http, storage, secret"],
    [
      { permissions: [{ kind: "secret", name: "token", host: "a.example:443", why: "x" }] },
      "a secret is for a host that the http permission does not name",
      "docs/reference/plugin-manifest.md",
    ],
    [{ limits: { memoryMiB: 4096 } }, "limits.memoryMiB: “4096”", "within the bounds"],
    [{ tools: [{ ...PLUGIN_JSON.tools[0], name: "Fore-cast" }] }, "tools[0].name: “Fore-cast”", "PLUGIN.NAME"],
    [{ description: "a\u202eb" }, "it holds a character that is not seen", "one line"],
  ])("names the field of plugin.json that is wrong and what it takes: %j", async (change, problem, next) => {
    const refused = await pack(put("a", pluginFiles(change)));
    expect(refused).toMatchObject({ code: "PACKAGE_INVALID", problem: told(problem), next: told(next) });
  });

  it("refuses a link: a folder from elsewhere must not carry a key of this person away", async () => {
    const folder = put("a", pluginFiles());
    writeFileSync(here("id_ed25519"), "private");
    symlinkSync(here("id_ed25519"), join(folder, "data.txt"));
    const refused = await pack(folder);
    expect(refused).toMatchObject({ code: "PACKAGE_INVALID", problem: told("data.txt: it is a link") });
    expect(existsSync(here("out"))).toBe(false);
  });

  it("refuses a folder that is no plugin's alone: too many files, or too many bytes", async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`f${String(at)}.txt`, "x"]));
    expect(await pack(put("a", { ...pluginFiles(), ...many }))).toMatchObject({ problem: told("more than 200 files") });
    const large = { ...pluginFiles(), "big.bin": new Uint8Array(2 * 1024 * 1024 + 1) };
    expect(await pack(put("b", large))).toMatchObject({ problem: told("2097152 bytes") });
    // In base64 bytes grow by a third: what fits in the folder need not fit in the package.
    const grown = { ...pluginFiles(), "big.bin": new Uint8Array(1_800_000).fill(255) };
    expect(await pack(put("c", grown))).toMatchObject({ code: "PACKAGE_INVALID", problem: told("packed it has more") });
  });

  it("says that an unsigned package takes the place of a signed one", async () => {
    const folder = put("a", pluginFiles());
    expect((await pack(folder, "--sign")).err).not.toContain("was signed with");
    expect((await pack(folder, "--sign")).err).toBe("");
    expect((await pack(folder)).err).toMatch(/was signed with mk1_.*; what stands there now is not/);
    expect((await pack(folder)).err).toBe("");
  });

  it("sends the folder of a skill to the commands for skills", async () => {
    expect(await pack(put("a", { "SKILL.md": "x" }))).toMatchObject({ next: told("./moltbot skill install") });
  });

  it("refuses names of files that a package cannot hold", async () => {
    const refused = await pack(put("a", { ...pluginFiles(), "ein wort.txt": "x" }));
    expect(refused).toMatchObject({
      code: "PACKAGE_INVALID",
      problem: told("“ein wort.txt”"),
      next: told("letters, digits"),
    });
    const twins = await pack(put("b", { ...pluginFiles(), "A.txt": "1", "a.txt": "2" }));
    expect(twins).toMatchObject({ code: "PACKAGE_INVALID", problem: told("differ in capitals alone") });
  });
});

describe("plugin sign and verify", () => {
  const signed = async (): Promise<string> => {
    await run(["plugin", "pack", put("a", pluginFiles()), "--out", here("p")], {}, settings);
    await run(["plugin", "sign", here("p")], {}, settings);
    return here("p");
  };
  const verify = (...more: readonly string[]) => run(["plugin", "verify", here("p"), ...more], {}, settings);

  it("makes the author's key at the first use after saying so, for its owner alone, away from the state folder", async () => {
    await run(["plugin", "pack", put("a", pluginFiles()), "--out", here("p")], {}, settings);
    const first = await run(["plugin", "sign", here("p")], {}, settings);
    const file = here("config/moltbot/signing-key.pem");
    expect(first.err).toContain(`one is made now, in ${file}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(here("config/moltbot")).mode & 0o777).toBe(0o700);
    const pem = readFileSync(file, "utf8");
    const again = await run(["plugin", "sign", here("p")], {}, settings);
    expect(again.err).toBe("");
    expect(readFileSync(file, "utf8")).toBe(pem);
    for (const text of [first.out, first.err, again.out])
      expect(text).not.toContain(pem.split("\n")[1] ?? "the private part");
  });

  it("verifies what was signed without a gateway, and prints the key in groups to compare", async () => {
    await signed();
    const done = await verify();
    expect(done).toMatchObject({ exit: 0, asked: [] });
    expect(done.out).toMatch(/mk1_[\w-]{43}\n/);
    expect(done.out).toMatch(/in groups mk1_ (?:[\w-]{4} ){10}[\w-]{3}\n/);
    const mine = JSON.parse((await run(["signers", "mine", "--json"], {}, settings)).out) as { key: string };
    expect(JSON.parse((await verify("--json")).out)).toMatchObject({ ok: true, signer: mine.key });
    expect(await verify("--signer", mine.key)).toMatchObject({ exit: 0 });
  });

  it("refuses one altered byte, a signature from elsewhere, and none at all", async () => {
    const file = await signed();
    const good = readFileSync(file, "utf8");
    writeFileSync(file, good.replace("export default {}", "export default {x}"));
    expect(await verify()).toMatchObject({ code: "PACKAGE_ALTERED", next: told("Do not use it") });
    writeFileSync(file, good.replace(/mk1_[\w-]{43}/, STRANGERS_KEY));
    expect(await verify()).toMatchObject({ code: "PACKAGE_ALTERED" });
    writeFileSync(file, good.replace(/\n\{"key".*\}\n/, "\n{}\n"));
    expect(await verify()).toMatchObject({ code: "PACKAGE_UNSIGNED" });
    writeFileSync(file, "PK\u0003\u0004");
    expect(await verify()).toMatchObject({ code: "PACKAGE_INVALID" });
    writeFileSync(file, Buffer.alloc(3 * 1024 * 1024));
    expect(await verify()).toMatchObject({ code: "PACKAGE_INVALID", problem: told("2097152 bytes") });
  });

  it("reads ordinary files alone: no queue, no device without an end, no folder", async () => {
    execFileSync("mkfifo", [here("queue")]);
    for (const [path, problem] of [
      [here("queue"), "is no ordinary file"],
      ["/dev/zero", "is no ordinary file"],
      [put("a", pluginFiles()), "./moltbot plugin pack"],
    ] as const) {
      expect(await run(["plugin", "verify", path], {}, settings)).toMatchObject({ problem: told(problem) });
      expect(await run(["plugin", "sign", path], {}, settings)).toMatchObject({ problem: told(problem) });
    }
    for (const command of ["inspect", "install"]) {
      const refused = await run(
        ["plugin", command, here("queue"), "--yes"].slice(0, command === "inspect" ? 3 : 4),
        {},
      );
      expect(refused).toMatchObject({ code: "PACKAGE_INVALID", problem: told("is no ordinary file"), asked: [] });
    }
    const lock = await run(["plugin", "install", here("queue"), "--yes", "--lock", here("queue")], {}, settings);
    expect(lock).toMatchObject({ code: "USAGE", problem: told("is no lock") });
  });

  it("ends with 1 where another key signed it than the one that was named", async () => {
    await signed();
    expect(await verify("--signer", STRANGERS_KEY)).toMatchObject({
      exit: 1,
      out: told("another key than the one you named"),
    });
    expect(await verify("--signer", "mk1_short")).toMatchObject({ code: "USAGE" });
  });

  it("says whose signature it replaces", async () => {
    const file = await signed();
    const other = await run(["plugin", "sign", file], {}, { XDG_CONFIG_HOME: here("other") });
    expect(other.err).toContain("It was signed with mk1_");
  });

  it("takes no key that others can read, that lies in the state folder, or that is none", async () => {
    const file = await signed();
    writeFileSync(here("open.pem"), readFileSync(here("config/moltbot/signing-key.pem")), { mode: 0o644 });
    const sign = (key: string, more: Readonly<Record<string, string>> = {}) =>
      run(["plugin", "sign", file, "--key", key], {}, { ...settings, ...more });
    expect(await sign(here("open.pem"))).toMatchObject({ code: "USAGE", problem: told("chmod 600") });
    writeFileSync(here("none.pem"), "no key", { mode: 0o600 });
    expect(await sign(here("none.pem"))).toMatchObject({ code: "USAGE", problem: told("no Ed25519 key") });
    expect(await sign(here("absent.pem"))).toMatchObject({ code: "USAGE", problem: told("There is no key") });
    mkdirSync(here("home/keys"), { recursive: true });
    expect(await sign(here("home/keys/k.pem"), { MOLTBOT_HOME: here("home") })).toMatchObject({
      code: "USAGE",
      problem: told("in the state folder"),
    });
  });
});
