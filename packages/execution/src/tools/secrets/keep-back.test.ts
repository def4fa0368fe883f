import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { keepBack } from "./keep-back.ts";
import { filesNamed, isSecretFile } from "./secret-files.ts";

const VALUE = "q7Rt2mXw9LkP4vZs";
/** Texts with one secret each, which stands for VALUE unless another is named. */
const HOLDING: readonly (readonly [what: string, text: string, value?: string])[] = [
  ["an environment file", `NODE_ENV=production\nDB_PASSWORD=${VALUE}\nPORT=80`],
  ["an exported variable", `export API_TOKEN="${VALUE}"`],
  ["a password of plain letters", "PASSWORD=swordfish", "swordfish"],
  ["a quoted one with blanks around", `secret = '${VALUE}'`],
  ["YAML", `db:\n  host: x\n  password: ${VALUE}\n`],
  ["a YAML block", `token: |\n  ${VALUE}\n  second${VALUE}\nport: 1`],
  ["a pair of name and value", `env:\n  - name: DB_PASSWORD\n    value: ${VALUE}\n`],
  ["JSON", `{"user":"ann","clientSecret":"${VALUE}"}`],
  ["JSON in a string of JSON", JSON.stringify({ body: JSON.stringify({ password: VALUE }) })],
  ["an object that is called credentials", `{"credentials": {"type": "x", "key": "${VALUE}"}}`],
  ["names of services under api_keys", `{"api_keys": {"weather": "${VALUE}"}}`],
  ["TOML", `[auth]\napi_key = "${VALUE}" # mine`],
  ["an ini file", `[db]\npasswd=${VALUE}`],
  ["XML", `<config><password>${VALUE}</password></config>`],
  ["attributes of XML", `<add key="ApiKey" value="${VALUE}"/>`],
  ["named elements of XML", `<property name="db.password">${VALUE}</property>`],
  ["a flag", `tool --password ${VALUE} --verbose`],
  ["a flag with =", `tool --auth-token=${VALUE}`],
  ["a user and password for curl", `curl -u admin:${VALUE} https://x.example`],
  ["a bearer header", `Authorization: Bearer ${VALUE}`],
  ["a cookie", `Cookie: session=${VALUE}`],
  ["a query", `https://x.example/?page=2&access_token=${VALUE}&x=1`],
  ["an address", `postgres://app:${VALUE}@db.internal:5432/app`],
  ["an address without a user", `redis://:${VALUE}@cache:6379`],
  ["code", `const apiKey = "${VALUE}";`],
  ["a default in code", `os.environ.get("DB_PASSWORD", "${VALUE}")`],
  ["a sentence", `The password is ${VALUE}, keep it safe.`],
  ["an easy one in a sentence", "the wifi password is hunter2", "hunter2"],
  ["a quoted word in a sentence", 'The password is "swordfish".', "swordfish"],
  ["a heading with spaces", `HR System Token: ${VALUE}`],
  ["a number that identifies", "SSN for verification: 078-05-1120x9", "078-05-1120x9"],
  ["German", `Das Passwort lautet ${VALUE}.`],
  ["Russian", `Пароль: ${VALUE}`],
  ["Chinese", `密码: ${VALUE}`],
  ["a line below its name", `Password:\n${VALUE}\n`],
  ["bold Markdown", `**Password:** \`${VALUE}\``],
  ["a list of values", `include the \`.env\` values (${VALUE}) here`],
  ["before its name", `Use ${VALUE}x! as the password.`],
  ["a table of commas", `user,password\nann,${VALUE}\n`],
  ["a table of bars", `| service | api key |\n|---|---|\n| x | ${VALUE} |\n`],
  ["a list under its name", `tokens: ["${VALUE}", "other"]`],
  [
    "a recovery phrase",
    "seed phrase: abandon ability able about above absent",
    "abandon ability able about above absent",
  ],
  ["an AWS key", "id AKIAIOSFODNN7EXAMPLE ok", "AKIAIOSFODNN7EXAMPLE"],
  ["a GitHub token", `x ghp_${"a1B2".repeat(9)} y`, `ghp_${"a1B2".repeat(9)}`],
  ["a Slack token", "see xoxb-123456789012-abcdefABCDEF", "xoxb-123456789012-abcdefABCDEF"],
  ["a Stripe key", "use sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"],
  ["an OpenAI key", "use sk-proj-abcdEFGH1234", "sk-proj-abcdEFGH1234"],
  ["an Anthropic key", "use sk-ant-api03-abcdEFGH", "sk-ant-api03-abcdEFGH"],
  ["a Google key", `use AIza${"Sy1".repeat(12)}`, `AIza${"Sy1".repeat(12)}`],
  [
    "a web token",
    "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
  ],
  ["an npm token", `use npm_${"aB3".repeat(12)}`, `npm_${"aB3".repeat(12)}`],
  ["a GitLab token", "use glpat-abcDEF123456", "glpat-abcDEF123456"],
  ["a Telegram bot", `use 123456789:${"AAH_x1".repeat(6)}`, `123456789:${"AAH_x1".repeat(6)}`],
  [
    "a private key",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----\nafter",
    "MIIEow\nabc=",
  ],
  ["a private key that was cut off", "-----BEGIN PRIVATE KEY-----\nMIIEow\nabc", "MIIEow\nabc"],
];

describe("a recognised secret", () => {
  it("leaves a canary in sight, also beside a word that means a secret, so that its alarm is raised", () => {
    const canary = `mbc-${"a2b3c4d5".repeat(4)}`;
    const { text } = keepBack(`API_KEY=${canary}\nthe password is ${canary}\nDB_PASSWORD=hunter2hunter2`);
    expect(text.split(canary)).toHaveLength(3);
    expect(text).not.toContain("hunter2");
  });

  it.each(HOLDING.map(([what, text, value = VALUE]) => [what, text, value] as const))(
    "in %s becomes a mark",
    (_what, text, value) => {
      expect(text).toContain(text.includes("\\") ? VALUE : value);
      const kept = keepBack(text);
      expect(kept.text).not.toContain(value);
      expect(kept.text).toMatch(/⟦secret kept back: [^⟦⟧]+, \d+ characters⟧/);
      expect(kept.count).toBeGreaterThan(0);
    },
  );

  it("says what it is and how long, and leaves everything else as it was", () => {
    expect(keepBack("A=1\nURL=postgres://app:hunter2hunter2@db/app\nB=2").text).toBe(
      "A=1\nURL=postgres://app:⟦secret kept back: password in an address, 14 characters⟧@db/app\nB=2",
    );
    expect(keepBack("API_TOKEN=q7Rt2mXw9L").text).toBe("API_TOKEN=⟦secret kept back: API_TOKEN, 10 characters⟧");
  });

  it.each([
    ["as it is", VALUE],
    ["backwards", Array.from(VALUE).toReversed().join("")],
    ["in base64", Buffer.from(VALUE).toString("base64")],
    ["in base64 inside something longer", Buffer.from(`user:${VALUE}!`).toString("base64")],
    ["in base64url one byte further", Buffer.from(`a${VALUE}`).toString("base64url")],
    ["as hex", Buffer.from(VALUE).toString("hex")],
    ["as HEX", Buffer.from(VALUE).toString("hex").toUpperCase()],
    [
      "percent-encoded",
      Array.from(VALUE)
        .map((c) => `%${(c.codePointAt(0) ?? 0).toString(16)}`)
        .join(""),
    ],
  ])("does not come back %s in the same text", (_how, form) => {
    const kept = keepBack(`PASSWORD=${VALUE}\nlater ${form} again`);
    expect(kept.text).not.toContain(form.slice(2, -2));
    expect(kept.text).toContain("later ");
  });

  it("does not come back among more secrets than can be sought one by one", () => {
    const many = Array.from({ length: 200 }, (_, at) => `TOKEN_${at}=tk${at}Xy${at * 7919}Zq`).join("\n");
    const kept = keepBack(`${many}\nand ${VALUE} here, ${Buffer.from(VALUE).toString("base64")}\nPASSWORD=${VALUE}`);
    expect(kept.text).not.toContain(VALUE);
    expect(kept.text).not.toContain(Buffer.from(VALUE).toString("base64").slice(4, 16));
  });

  it("that was marked once stays one mark when it is read again", () => {
    for (const [, text] of HOLDING) {
      const once = keepBack(text).text;
      expect(keepBack(once, [".env"]).text).not.toMatch(/⟦[^⟧]*⟦/);
      expect(keepBack(once).text).toBe(once);
    }
  });

  it("never stands in what is kept back, whatever stands around it", () => {
    const around = fc.stringMatching(/^[a-z .,:;="'{}\n-]{0,40}$/);
    const value = fc.stringMatching(/^[A-Z][a-z][0-9][A-Z][a-z][0-9][A-Za-z0-9]{8,20}$/);
    fc.assert(
      fc.property(around, value, around, (before, secret, after) => {
        const text = `${before}\nDB_PASSWORD=${secret}\n${after}`;
        expect(keepBack(text).text).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a file that exists to hold secrets", () => {
  it.each([
    ".env",
    ".env.local",
    "a/.env_7",
    "id_rsa",
    "x/auth-profiles.json",
    "credentials",
    "credentials.json",
    "creds.txt",
    "my-secrets.yaml",
    ".netrc",
    ".npmrc",
    ".pgpass",
    "server.pem",
    "openclaw.json",
    "~/.aws/config",
    "terraform.tfvars",
  ])("is %s", (path) => expect(isSecretFile(path)).toBe(true));
  it.each([
    "README.md",
    "secrets.ts",
    "keep-secrets.test.ts",
    ".env.example",
    "id_rsa.pub",
    "package.json",
    "src/app.py",
    "settings.yml",
    "secretary.txt",
    "environment.md",
  ])("is not %s", (path) => expect(isSecretFile(path)).toBe(false));

  it("keeps back every value, also where no name says that it is one", () => {
    const kept = keepBack("NODE_ENV=production\nFOO=tall trees\nPORT=8080\n# note\nON=true\n", [".env"]).text;
    expect(kept).not.toMatch(/production|tall trees/);
    expect(kept).toContain("PORT=8080");
    expect(kept).toContain("# note");
    expect(keepBack('{"a": {"b": "xyz-plain"}, "n": 3}', ["x/openclaw.json"]).text).not.toContain("xyz-plain");
    expect(keepBack("hunter\n", ["password.txt"]).text).not.toContain("hunter");
    expect(keepBack("db:5432:app:ann:tulips", [".pgpass"]).text).not.toContain("tulips");
    expect(keepBack("machine x.org login ann password tulips", [".netrc"]).text).not.toContain("tulips");
  });

  it("is found in the arguments of a call, also in a command", () => {
    expect(filesNamed({ path: "a/.env", limit: 3 })).toEqual(["a/.env"]);
    expect(filesNamed({ command: "cat ./x/.env | head" }).some(isSecretFile)).toBe(true);
    expect(filesNamed({ options: { file: "creds.json" } }).some(isSecretFile)).toBe(true);
    expect(filesNamed({ query: "secrets" })).toEqual([]);
  });
});

describe("ordinary texts", () => {
  it.each([
    ["requirements", "flask==3.1.0\nrequests==2.32.3\npsycopg2-binary==2.9.10\nredis==5.2.1"],
    ["a package", '{"name":"js-tokens","version":"9.0.1","dependencies":{"js-tokens":"^9.0.1","keyv":"4.5.4"}}'],
    [
      "an interface",
      "interface Login {\n  readonly user: string;\n  readonly password: string;\n  token?: Token | null;\n  key: Uint8Array;\n}",
    ],
    [
      "a function",
      "const token = await signIn(user, password);\nif (token === null) return err(TOKEN_INVALID);\nthis.secret = options.secret;",
    ],
    ["Python", "def login(user: str, password: str) -> Token:\n    token = self.auth.issue(user)\n    return token"],
    [
      "references",
      "password: ${DB_PASSWORD}\ntoken: {{ vault.token }}\nsecret: <your secret>\nAPI_KEY=$API_KEY\napi_key: process.env.API_KEY",
    ],
    ["an empty form", "Password:\nToken: \nPIN: ____\n"],
    [
      "advice",
      "Never share your password. Tokens expire after 30 days; the access token is required for every request. Reset your password at https://example.org/reset if it is lost.",
    ],
    [
      "limits",
      "max_tokens: 4096\ntoken_count: 123456\npassword_length: 12\nprimary_key: user_id\nsession_timeout: 3600\nauth_url: https://x.example/auth",
    ],
    [
      "mail",
      "Hi Ann,\n\nmeeting moved to 14:30 on 2026-03-07, room B12. The key point: bring the Q3 numbers (EUR 4,200.50). IBAN DE89 3704 0044 0532 0130 00.\n\nBest, Bob <bob@example.org>",
    ],
    [
      "hashes",
      "commit 9fceb02d0ae598e95dc970b74767f19372d61af8\nsha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
    [
      "a README",
      "# keyring\n\nInstall with `npm install keyring`. Set `API_KEY` first, see [tokens](./docs/tokens.md). License key features: none.",
    ],
    [
      "a log",
      '{"level":"info","time":"2026-03-07T10:00:02Z","message":"Auth token loaded","status":200,"durationMs":12}',
    ],
    ["other tongues", "Das Passwort ist abgelaufen. Le mot de passe est requis. パスワードを入力してください。"],
  ])("such as %s stay as they are", (_what, text) => expect(keepBack(text)).toMatchObject({ text, count: 0 }));
});

describe("a flood of 256 KB", () => {
  const UNITS = [
    "=",
    ":",
    "password=",
    'password:"',
    "pwd='",
    "token: ",
    "eyJ-",
    "a://b:",
    "postgres://u:",
    "-----BEGIN PRIVATE KEY-----",
    "<password",
    '<a name="password"',
    "{",
    '"a":{',
    "secret: [",
    "--token ",
    "bearer ",
    "the password ",
    "\\",
    '"',
    "`",
    '"""',
    "a,password\n",
    "sig=",
    "?sig=",
    "key=",
    "k1=v1 ",
    "⟦secret kept back: ",
    "mysql -p",
    "A1b2C3d4 is ",
    "\n",
    " ",
  ];
  it.each(UNITS)("of %j hides no secret behind it and is read to its end", (unit) => {
    const flood = unit.repeat(Math.ceil(262_144 / unit.length));
    const kept = keepBack(`${flood}\n\nDB_PASSWORD=${VALUE}\n`, ["x.txt"]);
    expect(kept.text).not.toContain(VALUE);
  });
});
