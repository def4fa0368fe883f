import { z } from "zod";
import { Reading } from "@moltbot/contracts";
import { publicUrlProblem } from "./public-url.ts";
import { serviceUrlProblem } from "./service-url.ts";

export const LEVELS = ["basic", "advanced", "expert"] as const;
export type Level = (typeof LEVELS)[number];

/** What every key of the settings says of itself; every form, `config list` and the reference are made from it. */
export interface KeyNote {
  readonly level: Level;
  readonly says: string;
  /** Whether it takes effect only at a start. */
  readonly restart: boolean;
}

const notes = z.registry<KeyNote>();

const key = <S extends z.ZodType>(schema: S, level: Level, says: string, restart = false): S => {
  notes.add(schema, { level, says, restart });
  return schema;
};

/** The note of a leaf of the schema. */
export const noteOf = (schema: z.ZodType): KeyNote | undefined => notes.get(schema);

/** A whole number, also as its digits (the environment and flags are text). Null, true and "" are no numbers. */
const whole = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );

/** An amount of money, in the currency of `limits.currency`: to a millionth, also as its digits. */
const money = () =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\d{1,7}(\.\d{1,6})?$/.test(value) ? Number(value) : value),
    z
      .number()
      .min(0)
      .max(1_000_000)
      .refine((amount) => Number(amount.toFixed(6)) === amount, "at most six decimals"),
  );

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/** Yes or no, also as the word (the environment and flags are text). */
const yesOrNo = () =>
  z.preprocess((value) => (value === "true" ? true : value === "false" ? false : value), z.boolean());

const ModelProvider = z.strictObject({
  /** Whose protocol it speaks; "compatible" is anybody's OpenAI chat completions. */
  kind: z.enum(["compatible", "openai", "anthropic", "google", "openrouter", "ollama"]).default("compatible"),
  /** Left out for a vendor: its own address. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  model: z.string().min(1).max(200),
  secret: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .nullable()
    .default(null),
  contextTokens: z.int().min(512).max(4_000_000).optional(),
  timeoutSeconds: z.int().min(1).max(3_600).optional(),
  /** False for a model that cannot call tools: it acts through plans that are read from its text. */
  tools: z.boolean().default(true),
  /** What a million tokens cost, in `limits.currency`; left out: its money is not counted. */
  price: z.strictObject({ input: money(), output: money() }).optional(),
});

/**
 * Everything that can be set, once. Strict: an unknown key is refused with the nearest name. No secrets: a provider names a
 * secret of the vault.
 */
export const Settings = z.strictObject({
  owner: z.strictObject({
    name: key(z.string().trim().min(1).max(80), "basic", "What the assistant calls you.", true),
  }),
  gateway: z.strictObject({
    host: key(
      z.string().min(1).max(253),
      "advanced",
      "The address the gateway listens on; 127.0.0.1 keeps it on this machine.",
      true,
    ),
    port: key(whole(0, 65_535), "basic", "The port the gateway listens on; 0 takes a free one.", true),
    allowedHosts: key(
      z.array(z.string().min(1).max(253)).max(50),
      "expert",
      "Further names (host or host:port) that requests may use to reach the gateway.",
      true,
    ),
    proxies: key(
      z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).max(50),
      "expert",
      "Addresses of proxies in front of the gateway whose X-Forwarded-For and X-Forwarded-Proto count; nobody else's do.",
      true,
    ),
    tls: z.strictObject({
      certificate: key(
        z.string().max(4_096),
        "advanced",
        "A PEM file with the certificate and its chain; empty: no TLS, and then only this machine is listened to.",
        true,
      ),
      key: key(z.string().max(4_096), "advanced", "The PEM file with the certificate's private key.", true),
    }),
    publicUrl: key(
      z
        .string()
        .max(300)
        .refine((text) => text === "" || publicUrlProblem(text) === undefined, {
          error: ({ input }) => publicUrlProblem(String(input)) ?? "it is no address",
        }),
      "advanced",
      "Where people reach the gateway, such as https://moltbot.example: links to sign in, invitations and pairings lead there; empty: to the address it listens on.",
      true,
    ),
    drainSeconds: key(whole(0, 300), "expert", "How long a shutdown lets running turns finish, in seconds."),
  }),
  models: z.strictObject({
    default: key(
      z.string().min(1).max(200),
      "basic",
      'The model agents use: "demo", or the name of a provider below.',
      true,
    ),
    fallbacks: key(
      z.array(z.string().min(1).max(200)).max(10),
      "advanced",
      "Models to try in this order when one does not answer, is overloaded or has no credit.",
      true,
    ),
    providers: key(
      z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/), ModelProvider),
      "basic",
      "Models of vendors and servers: name → { kind, baseUrl, model, secret, tools, price }. The kind is openai, anthropic, google, openrouter, ollama or compatible (anybody's OpenAI chat completions, with a baseUrl); the secret is a name in the vault; tools: false for a model that cannot call any, which acts through plans in its text; price: { input, output } of a million tokens, in limits.currency.",
      true,
    ),
  }),
  agents: z.strictObject({
    turnSeconds: key(whole(1, 86_400), "advanced", "How long one turn may take, in seconds."),
    turnSteps: key(whole(1, 200), "advanced", "How many model calls one turn may make."),
    outputTokens: key(whole(16, 200_000), "advanced", "The most tokens of one model answer."),
    viewMessages: key(whole(2, 2_000), "expert", "How many of the newest messages a model call sees."),
    concurrentTurns: key(whole(1, 512), "expert", "How many turns run at once."),
    planMinutes: key(whole(1, 43_200), "advanced", "How long a committed plan holds, in minutes."),
    readerBits: key(
      whole(0, 100_000),
      "expert",
      "How many bits a quarantined reader may let into an agent's view in one turn (a yes or no is one).",
    ),
    reading: key(
      Reading,
      "advanced",
      'How new agents read what comes from outside: "auto" (through a reader while a plan with effects runs), "quarantined" (always so) or "open".',
    ),
  }),
  approvals: z.strictObject({
    minutes: key(whole(1, 43_200), "advanced", "How long a question waits for an answer, in minutes; silence denies."),
    ask: key(yesOrNo(), "advanced", "Whether the assistant may ask you at all; without, what it would ask is refused."),
    stepUp: key(
      yesOrNo(),
      "advanced",
      "Whether allowing a payment, a deletion or another commitment takes a fresh sign-in code away from this machine's terminal, and what loosens (grants, policy, settings, new access) that terminal itself.",
    ),
  }),
  limits: z.strictObject({
    callsPerTurn: key(whole(1, 100_000), "advanced", "How many tool calls one turn may make."),
    callsPerHour: key(whole(1, 1_000_000), "advanced", "How many tool calls one agent may make in an hour."),
    requestsPerSecond: key(
      whole(4, 100_000),
      "expert",
      "How many API requests one person may make in a second; one token or session a quarter of them.",
      true,
    ),
    bytesPerMinute: key(
      whole(1_048_576, 999_999_999),
      "expert",
      "How many bytes the API moves in a minute for one person, to and fro; for one token or session a quarter of them.",
      true,
    ),
    tokensPerDay: key(
      whole(1, 999_999_999),
      "advanced",
      "How many model tokens one person's turns and programs may take in a day (UTC).",
    ),
    agentTokensPerDay: key(
      whole(1, 999_999_999),
      "advanced",
      "How many model tokens one agent may take in a day (UTC), whoever it works for.",
    ),
    clientTokensPerDay: key(
      whole(1, 999_999_999),
      "advanced",
      "How many model tokens one person's programs may use in a day, through /openai/v1 with tools of their own.",
    ),
    currency: key(
      z.string().refine((code) => CURRENCIES.has(code), "it is no currency of ISO 4217, such as USD"),
      "advanced",
      "The currency of all prices and limits of money, such as USD or EUR (ISO 4217).",
    ),
    moneyPerDay: key(
      money(),
      "advanced",
      "How much money models may cost in a day (UTC), for everybody together; 0: no limit.",
    ),
    personMoneyPerDay: key(
      money(),
      "advanced",
      "How much money models may cost in a day (UTC) for one person; 0: no limit.",
    ),
    agentMoneyPerDay: key(
      money(),
      "advanced",
      "How much money models may cost in a day (UTC) for one agent, whoever it works for; 0: no limit.",
    ),
    egressRequestsPerMinute: key(
      whole(0, 100_000),
      "advanced",
      "How many requests and connections tools and programs may make in a minute to one host for one person; 0: no limit.",
    ),
    egressBytesPerHour: key(
      whole(0, 999_999_999),
      "advanced",
      "How many bytes tools and programs may send in an hour to all hosts together for one person; 0: no limit.",
    ),
    attachmentBytes: key(whole(1, 104_857_600), "advanced", "The most bytes of one attached file."),
    attachmentsTotalBytes: key(
      whole(1, 999_999_999),
      "advanced",
      "The most bytes of all attached files of one person.",
    ),
  }),
  sessions: z.strictObject({
    idleDays: key(whole(1, 365), "advanced", "Days without use after which a browser or device has to sign in again."),
    days: key(whole(1, 365), "advanced", "Days after which a browser has to sign in again in any case."),
    deviceDays: key(whole(1, 3_650), "advanced", "Days after which a device has to be paired again in any case."),
  }),
  vault: z.strictObject({
    autoLockMinutes: key(
      whole(0, 10_080),
      "advanced",
      "Minutes without a request or a running turn after which the vault locks by itself; 0: never.",
    ),
  }),
  database: z.strictObject({
    engine: key(
      z.enum(["sqlite", "postgres"]),
      "expert",
      "Where everything is kept: one encrypted file in the home, or a PostgreSQL server.",
      true,
    ),
    host: key(
      z.string().min(1).max(253),
      "expert",
      "PostgreSQL: the server's name, or the folder of its socket. A password is read from the file that PGPASSFILE names.",
      true,
    ),
    port: key(whole(1, 65_535), "expert", "PostgreSQL: the server's port.", true),
    name: key(z.string().min(1).max(63), "expert", "PostgreSQL: the database.", true),
    user: key(z.string().min(1).max(63), "expert", "PostgreSQL: the role.", true),
  }),
  web: z.strictObject({
    search: z.strictObject({
      service: key(
        z.enum(["none", "searxng", "brave", "duckduckgo"]),
        "basic",
        "Which service searches the web: searxng (a server of your own), brave (with a key) or duckduckgo (no key); none: nothing is searched.",
      ),
      baseUrl: key(
        z
          .string()
          .max(300)
          .refine((text) => text === "" || serviceUrlProblem(text) === undefined, {
            error: ({ input }) => serviceUrlProblem(String(input)) ?? "it is no address",
          }),
        "advanced",
        "Where that service stands, such as http://127.0.0.1:8888; searches reach exactly this host and port, also inside your own network. Empty: at its own address.",
      ),
      secret: key(
        z.string().regex(/^([a-z0-9][a-z0-9._-]{0,63})?$/),
        "basic",
        "The name of the house's secret that opens that service, bound to its host; empty: none. Brave needs one.",
      ),
    }),
  }),
  backup: z.strictObject({
    cron: key(
      z.string().max(120),
      "advanced",
      'When a backup is made by itself, as five cron fields such as "30 3 * * *"; empty: never.',
    ),
    folder: key(z.string().max(4_096), "advanced", "Where backups are put; empty: the folder `backups` of the home."),
    keep: key(whole(1, 1_000), "advanced", "How many backups made by themselves are kept; older ones are removed."),
  }),
  retention: z.strictObject({
    conversationsDays: key(
      whole(0, 36_500),
      "basic",
      "Days after its last message on which a conversation is erased; 0: never.",
    ),
    decisionsDays: key(
      whole(0, 36_500),
      "advanced",
      "Days for which decisions are kept for `why` and previews; 0: for ever.",
    ),
    workDays: key(whole(1, 36_500), "expert", "Days for which ended jobs, firings and sent effects are kept."),
    auditDays: key(
      whole(0, 36_500),
      "expert",
      "Days after which audit records are reduced to their hashes; every proof stays valid. 0: never.",
    ),
  }),
  log: z.strictObject({
    level: key(z.enum(["debug", "info", "warn", "error"]), "advanced", "How much the log says."),
  }),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = Object.freeze({
  owner: { name: "Owner" },
  gateway: {
    host: "127.0.0.1",
    port: 18_790,
    allowedHosts: [],
    proxies: [],
    tls: { certificate: "", key: "" },
    publicUrl: "",
    drainSeconds: 10,
  },
  models: { default: "demo", fallbacks: [], providers: {} },
  agents: {
    turnSeconds: 300,
    turnSteps: 20,
    outputTokens: 4_096,
    viewMessages: 200,
    concurrentTurns: 64,
    planMinutes: 1_440,
    readerBits: 256,
    reading: "auto",
  },
  approvals: { minutes: 1_440, ask: true, stepUp: false },
  limits: {
    callsPerTurn: 100,
    callsPerHour: 2_000,
    egressRequestsPerMinute: 300,
    egressBytesPerHour: 100 * 1024 * 1024,
    requestsPerSecond: 1_000,
    bytesPerMinute: 999_999_999,
    tokensPerDay: 50_000_000,
    agentTokensPerDay: 50_000_000,
    clientTokensPerDay: 20_000_000,
    currency: "USD",
    moneyPerDay: 0,
    personMoneyPerDay: 0,
    agentMoneyPerDay: 0,
    attachmentBytes: 26_214_400,
    attachmentsTotalBytes: 999_999_999,
  },
  sessions: { idleDays: 14, days: 30, deviceDays: 365 },
  vault: { autoLockMinutes: 0 },
  database: { engine: "sqlite", host: "/var/run/postgresql", port: 5_432, name: "moltbot", user: "moltbot" },
  web: { search: { service: "none", baseUrl: "", secret: "" } },
  backup: { cron: "", folder: "", keep: 7 },
  retention: { conversationsDays: 0, decisionsDays: 365, workDays: 30, auditDays: 0 },
  log: { level: "info" },
});
