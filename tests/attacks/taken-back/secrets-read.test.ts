import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { globSync, readFileSync } from "node:fs";
import { must } from "../../support/must.ts";
import { PROJECT } from "../../support/gateway-process.ts";
import { keepBack } from "../../../packages/execution/src/tools/secrets/keep-back.ts";
import { call, startStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

const LETTERS = "QWxhZGRpbjpvcGVuIHNlc2FtZQ7bKd9Lm3Xp5Tz1Vr8Wy2Cn4Fg6Hj0Sk";
/** Letters of a key, different for each number, so that a leak names its case. */
const key = (length: number, seed: number): string =>
  Array.from(
    { length },
    (_none, at) => LETTERS[(at * 7 + seed * 13 + Math.floor(at / 5) * seed) % LETTERS.length],
  ).join("");
const hex = (length: number, seed: number): string =>
  Array.from({ length }, (_none, at) => "0123456789abcdef"[(at * 5 + seed * 3 + Math.floor(at / 7)) % 16]).join("");
const password = (seed: number): string => `Tr0ub${String(seed)}dor-x9Kq${String(seed * 7)}`;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const wrapped = (text: string, width: number, end = "\n"): string =>
  text.replaceAll(new RegExp(`(.{${String(width)}})`, "g"), `$1${end}`);

/** A text that a person really keeps, and what of it nobody may see. */
type Kept = readonly [what: string, text: string, hidden: readonly string[]];

const ofPassword = (what: string, seed: number, text: (secret: string) => string): Kept => [
  what,
  text(password(seed)),
  [password(seed)],
];
const ofKey = (what: string, start: string, rest: string): Kept => [what, `a note\n${start}${rest}\n`, [rest]];

const armour = (seed: number): readonly string[] => [key(64, seed), key(62, seed + 1)];
const web = (seed: number): readonly [string, string, string] => [
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
  `eyJzdWIiOiIxMjM0NTY3ODkwIiwi${key(20, seed)}`,
  key(43, seed + 1),
];

const SETTINGS: readonly Kept[] = [
  ofPassword(
    "compose, quoted items",
    1,
    (secret) => `environment:\n  - "POSTGRES_PASSWORD=${secret}"\n  - 'PGPASS=${secret}'\n`,
  ),
  ofPassword(
    "a variable of terraform",
    2,
    (secret) => `variable "db_password" {\n  type = string\n  default = "${secret}"\n}\n`,
  ),
  ofPassword("tfvars", 3, (secret) => `db_password = <<EOF\n${secret}\nEOF\n`),
  ofPassword("a kubeconfig", 4, (secret) => `users:\n- name: a\n  user:\n    password: ${secret}\n`),
  ofPassword(
    "a value before its name in JSON",
    5,
    (secret) => `{"environment":[{"value":"${secret}","name":"DB_PASSWORD"}]}`,
  ),
  ofPassword("a value before its name in YAML", 6, (secret) => `env:\n  - value: ${secret}\n    name: DB_PASSWORD\n`),
  ofPassword("a value before its name in XML", 7, (secret) => `<add value="${secret}" key="ApiPassword"/>`),
  ofPassword("JSON in YAML in XML", 8, (secret) => `<config>config: '{"db":{"password":"${secret}"}}'</config>`),
  ofPassword("properties that go on in the next line", 9, (secret) => `db.password=\\\n   ${secret}\n`),
  ofPassword("Windows line ends", 10, (secret) => `A=b\r\nDB_PASSWORD=${secret}\r\nC=d\r\n`),
  ofPassword("a mark of byte order", 11, (secret) => `\ufeffDB_PASSWORD=${secret}\n`),
  ofPassword("an exported variable with a comment", 12, (secret) => `export DB_PASSWORD="${secret}" # ours\n`),
  ofPassword("a setting that is commented out", 13, (secret) => `#DB_PASSWORD="${secret}"\n`),
  ofPassword("several lines in quotes", 14, (secret) => `DB_PASSWORD="first\n${secret}"\n`),
  ofPassword("a word that nobody set apart", 15, (secret) => `PGPASSWORD=${secret} psql -h db.example\n`),
  ofPassword("a wireless network", 16, (secret) => `network={\n ssid="home"\n psk="${secret}"\n}`),
  ofPassword(
    "a remote of git",
    17,
    (secret) => `[remote "origin"]\n\turl = https://alice:${secret}@git.example/x.git\n`,
  ),
  ofPassword("a diff", 18, (secret) => `@@ -1 +1 @@\n-DB_PASSWORD=x\n+DB_PASSWORD=${secret}\n`),
  ofPassword("a line of a log", 19, (secret) => `2026-01-01T00:00:00Z INFO login user=alice password=${secret} ok`),
  ofPassword(
    "a dump of a database",
    20,
    (secret) => `COPY users (id, name, password) FROM stdin;\n1\talice\t${secret}\n\\.\n`,
  ),
  ofPassword("an order to a database", 21, (secret) => `CREATE USER 'a'@'h' IDENTIFIED BY '${secret}';`),
  ofPassword("a row of a table", 22, (secret) => `| key | value |\n|---|---|\n| DB_PASSWORD | ${secret} |\n`),
  ofPassword("a heading over it", 23, (secret) => `## Password\n\n${secret}\n`),
  ofPassword("a shell of long ago", 24, (secret) => `setenv DB_PASSWORD ${secret}\n`),
  ofPassword("a build file", 25, (secret) => `FROM x\nENV DB_PASSWORD ${secret}\n`),
  ofPassword("a sign-in on a command line", 26, (secret) => `docker login -u a -p ${secret} reg.example`),
  ofPassword("curl without a blank", 27, (secret) => `curl -ualice:${secret} https://x.example`),
  ofPassword("a quoted flag", 28, (secret) => `sshpass -p '${secret}' ssh a@b.example`),
  ofPassword(
    "a field of a form",
    29,
    (secret) => `--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n${secret}\r\n--b--`,
  ),
  ofPassword("the second choice of a program", 30, (secret) => `const password = process.env.PW ?? '${secret}';`),
  ofPassword("colours of a terminal", 31, (secret) => `\u001b[32mDB_PASSWORD\u001b[0m=\u001b[1m${secret}\u001b[0m`),
  ofPassword("a name with unseen letters", 32, (secret) => `pass\u200bword: ${secret}`),
  ofPassword("letters of double width", 33, (secret) => `ｐａｓｓｗｏｒｄ：${secret}`),
  ofPassword("percent codes", 34, (secret) => encodeURIComponent(`DB_PASSWORD=${secret}\nX=y`)),
  ofPassword("a very long line", 35, (secret) => `${"x".repeat(30_000)} DB_PASSWORD=${secret} ${"y".repeat(500)}`),
  ["words with blanks", 'DB_PASSWORD="correct horse battery staple"\n', ["horse battery"]],
  ["other letters", "DB_PASSWORD=пароль密码Ünïcödé\n", ["密码"]],
  ["a password with a dollar", `password: $${password(36)}`, [password(36)]],
  ["cookies of a browser", `.x.example\tTRUE\t/\tTRUE\t0\tsession\t${key(32, 37)}\n`, [key(32, 37)]],
  ["cookies of a command", `curl -b 'session=${key(32, 38)}; theme=dark' https://x.example`, [key(32, 38)]],
  ["the hash of a password", `root:$6$abc$${key(86, 39)}:19000:0:99999:7:::\n`, [key(86, 39)]],
  ["a web framework's key", `  secret_key_base: ${hex(128, 40)}\n`, [hex(128, 40)]],
  ["a remote of git with a key alone", `\turl = https://${key(20, 41)}9@dev.example/x.git\n`, [key(20, 41)]],
];

const KEYS: readonly Kept[] = [
  [
    "an armoured key",
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${armour(1).join("\n")}\n-----END PGP PRIVATE KEY BLOCK-----`,
    armour(1),
  ],
  ["a key whose beginning was cut off", `${armour(3).join("\n")}\n-----END RSA PRIVATE KEY-----\n`, armour(3)],
  ["a key whose end was cut off", `-----BEGIN RSA PRIVATE KEY-----\n${armour(5).join("\n")}`, armour(5)],
  [
    "a key in a diff",
    `+-----BEGIN EC PRIVATE KEY-----\n+${armour(7).join("\n+")}\n+-----END EC PRIVATE KEY-----\n`,
    armour(7),
  ],
  [
    "a key of PuTTY",
    `PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 2\n${armour(9).join("\n")}\nPrivate-MAC: ${hex(40, 9)}\n`,
    armour(9),
  ],
  ["a web token over three lines", web(11).join(".\n"), [web(11)[2]]],
  ["a web token in lines of sixty", wrapped(web(13).join("."), 60), [web(13)[2].slice(0, 8), web(13)[2].slice(-6)]],
  ["a web token in a mail", wrapped(web(15).join("."), 60, "=\r\n"), [web(15)[2].slice(0, 8), web(15)[2].slice(-6)]],
  ["a key over two lines", `ghp_${key(18, 17)}\n${key(18, 18)}\n`, [key(18, 17), key(18, 18)]],
  ["a key in two quotes", `"ghp_${key(18, 19)}" + "${key(18, 20)}"`, [key(18, 19), key(18, 20)]],
  ["a key with unseen letters", `ghp_${key(9, 21)}\u200b${key(27, 22)}`, [key(27, 22)]],
  [
    "a whole file in base64",
    base64(`DB_PASSWORD=${password(23)}\n`),
    [base64(`DB_PASSWORD=${password(23)}\n`).slice(8, 40)],
  ],
  [
    "a key in base64, in lines",
    wrapped(base64(`-----BEGIN PRIVATE KEY-----\n${armour(25).join("\n")}\n-----END PRIVATE KEY-----\n`), 76),
    [base64(`-----BEGIN PRIVATE KEY-----\n${armour(25).join("\n")}\n`).slice(80, 120)],
  ],
  [
    "a whole file as hex",
    Buffer.from(`token ghp_${key(36, 27)}`).toString("hex"),
    [Buffer.from(key(20, 27)).toString("hex")],
  ],
  [
    "two bytes a letter, in base64",
    Buffer.from(`DB_PASSWORD=${password(29)}\r\n`, "utf16le").toString("base64"),
    [
      Buffer.from(`DB_PASSWORD=${password(29)}\r\n`, "utf16le")
        .toString("base64")
        .slice(12, 50),
    ],
  ],
  ofKey("our own token", "mb_", key(43, 31)),
  ofKey("Atlassian", "ATATT3xFfGF0", key(180, 32)),
  ofKey("Databricks", "dapi", hex(32, 33)),
  ofKey("Grafana", "glsa_", key(32, 34)),
  ofKey("Pulumi", "pul-", hex(40, 35)),
  ofKey("Tailscale", "tskey-auth-", `${key(12, 36)}-${key(30, 37)}`),
  ofKey("Fly", "fm2_", key(100, 38)),
  ofKey("Supabase", "sbp_", hex(40, 39)),
  ofKey("Figma", "figd_", key(40, 40)),
  ofKey("Airtable", `pat${key(14, 41)}.`, hex(64, 42)),
  ofKey("a model vendor", "gsk_", key(52, 43)),
  ofKey("another model vendor", "xai-", key(80, 44)),
  ofKey("Square", "sq0atp-", key(22, 45)),
  ofKey("Doppler", "dp.st.dev.", key(43, 46)),
  ofKey("Google", "1//0", key(60, 47)),
];

const ALL: readonly Kept[] = [...SETTINGS, ...KEYS];

describe("secrets in what is read", { timeout: 60_000 }, () => {
  it.each(ALL)("are kept back: %s", (_what, text, hidden) => {
    // Without the control the attack succeeds: the text holds what it must not show.
    expect(hidden.filter((secret) => !text.includes(secret))).toEqual([]);
    const read = keepBack(text);
    expect(hidden.filter((secret) => read.text.includes(secret))).toEqual([]);
    // What was marked once is not marked again, and gives nothing more away.
    expect(keepBack(read.text).text).toBe(read.text);
  });

  it("cost no more than their length, whatever a hostile page repeats", () => {
    const pieces = [
      `ghp_${key(20, 1)}\n`,
      "-----END PRIVATE KEY-----\n",
      "Private-Lines: 1\n",
      "| a1Bc |",
      "%3D",
      "x = y || ",
      "\u200b",
    ];
    const took = (text: string): number => {
      const began = performance.now();
      keepBack(text);
      return performance.now() - began;
    };
    for (const piece of pieces) {
      const [short, long] = [20_000, 160_000].map((length) => took(piece.repeat(Math.ceil(length / piece.length))));
      // Eight times the length: a search that looks back at all of it would take sixty-four times as long.
      expect(long ?? 0, piece).toBeLessThan((short ?? 0) * 40 + 400);
    }
  });

  it("are few in texts that hold none", () => {
    const files = [
      ...globSync("node_modules/*/README.md", { cwd: PROJECT }),
      ...globSync("docs/**/*.md", { cwd: PROJECT }),
      ...globSync("packages/{core,ingress,storage,gateway}/src/**/*.ts", { cwd: PROJECT }).filter(
        (path) => !/test/.test(path),
      ),
    ];
    const marked = files.filter(
      (path) => keepBack(readFileSync(join(PROJECT, path), "utf8").slice(0, 100_000), [path]).count > 0,
    );
    expect(files.length).toBeGreaterThan(400);
    expect(marked.length / files.length, marked.join(" ")).toBeLessThan(0.05);
  });
});

describe("secrets through the tools of a whole house", { timeout: 60_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
    must(
      await stage.house.client.call("capabilities.grant", {
        holder: stage.house.agent.id,
        tool: "web.fetch",
        expires: "never",
        reason: "the web of this test",
      }),
    );
  }, 30_000);
  afterAll(async () => {
    await stage.house.close();
    stage.house.place.remove();
  });

  it("come neither into a view, a transcript, a record, a card, a log nor a file of the home", async () => {
    const texts = ALL.filter(([, text]) => text.length < 5000);
    for (const [at, [, text]] of texts.entries())
      writeFileSync(join(stage.house.workspace, `note-${String(at)}.txt`), text);
    for (let from = 0; from < texts.length; from += 25) {
      const reads = texts
        .slice(from, from + 25)
        .map((_text, at) => ({ tool: "file.read", arguments: { path: `note-${String(from + at)}.txt` } }));
      expect((await stage.play("look at the notes", [reads])).state).toBe("done");
    }
    for (const [type, body] of [
      [
        "text/plain",
        texts
          .slice(0, 30)
          .map(([, text]) => text)
          .join("\n\n"),
      ],
      ["text/plain; charset=utf-16le", Buffer.from(`DB_PASSWORD=${password(90)}\r\n`, "utf16le")],
      ["text/html", `<title>password: ${password(91)}</title><p>token <b>ghp_</b>${key(36, 92)}</p>`],
      ["application/json", JSON.stringify({ headers: { authorization: `Bearer ${key(24, 93)}` } })],
      // The reading limit falls into the key: what is shown of it must be nothing.
      ["text/plain", `${"x ".repeat(16 * 1024 - 30)}DB_PASSWORD=${password(94)}${password(95)}${password(96)}`],
    ] as const) {
      stage.page = { type, body };
      const asked = await stage.play("open the page", [call("web.fetch", { url: "https://pages.example/" })]);
      expect((await stage.allow(asked)).state).toBe("done");
    }
    expect(stage.dialled).toHaveLength(5);
    const seen = await stage.everythingSeen();
    expect(seen).toContain("secret kept back");
    const hidden = [
      ...texts.flatMap(([what, , secrets]) => secrets.map((secret) => [what, secret] as const)),
      ...[90, 91, 94].map((seed) => [`page ${String(seed)}`, password(seed)] as const),
      ...[92, 93].map((seed) => [`page ${String(seed)}`, key(20, seed)] as const),
    ];
    const leaked = hidden.filter(([, secret]) =>
      [secret, base64(secret).slice(0, -4), JSON.stringify(secret).slice(1, -1)].some(
        (form) => form.length >= 6 && seen.includes(form),
      ),
    );
    expect(leaked).toEqual([]);
  });
});
