import { afterEach } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { PersonalSecretLender, SecretLender, SecretWatch } from "@moltbot/contracts";
import { createEgress } from "../../egress/index.ts";
import type { ProviderSettings, VendorKind } from "../model-settings.ts";
import { createVendorModel } from "../vendor-model.ts";
import { clock, keptLog } from "./model-harness.ts";
import { speaksAnthropic } from "./speaks-anthropic.ts";
import { speaksOllama, speaksOpenAi, speaksOpenRouter } from "./speaks-chat-completions.ts";
import { speaksGoogle } from "./speaks-google.ts";
import { startVendorServer } from "./vendor-server.ts";
import type { Act, Dialect } from "./vendor-server.ts";

/** The key that may stand in one header and nowhere else. */
export const KEY = "sk-canary-4812";
const PATIENT = { retries: 2, firstSeconds: 0.01, longestSeconds: 0.3 };

/** A vendor as the tests have it: a model of its, and its protocol. */
export interface TestVendor {
  readonly kind: VendorKind;
  readonly model: string;
  /** What stands between the host and the routes. */
  readonly path: string;
  readonly key: string | null;
  readonly dialect: Dialect;
}

/** Every vendor, and of some two models that are spoken to in different ways. */
export const TEST_VENDORS: readonly TestVendor[] = [
  { kind: "anthropic", model: "claude-sonnet-4-5", path: "/v1", key: KEY, dialect: speaksAnthropic(KEY) },
  { kind: "openai", model: "gpt-4.1-mini", path: "/v1", key: KEY, dialect: speaksOpenAi(KEY) },
  { kind: "openai", model: "gpt-5-mini", path: "/v1", key: KEY, dialect: speaksOpenAi(KEY) },
  { kind: "google", model: "gemini-2.5-flash", path: "/v1beta", key: KEY, dialect: speaksGoogle(KEY) },
  { kind: "google", model: "gemini-3-pro-preview", path: "/v1beta", key: KEY, dialect: speaksGoogle(KEY) },
  { kind: "openrouter", model: "vendor/model", path: "/v1", key: KEY, dialect: speaksOpenRouter(KEY) },
  { kind: "ollama", model: "llama3.2", path: "/v1", key: null, dialect: speaksOllama() },
  { kind: "compatible", model: "tiny", path: "/v1", key: KEY, dialect: speaksOpenRouter(KEY) },
];

/** The first of a kind. */
export const testVendor = (kind: VendorKind): TestVendor => {
  const vendor = TEST_VENDORS.find((one) => one.kind === kind);
  if (vendor === undefined) throw new Error(`no ${kind}`);
  return vendor;
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const vault: SecretLender & PersonalSecretLender & SecretWatch = {
  lendTo: async (_person, id) => err(moltbotError("SECRET_NOT_FOUND", { name: id })),
  lendAll: (use) => ok(use([KEY])),
  lend: async (_name, _host, use) => ok(await use(KEY)),
};

/** Starts a vendor's server that acts as told, and a model that asks it; both end with the test. */
export const startVendor = async (vendor: TestVendor, settings: Partial<ProviderSettings>, ...acts: readonly Act[]) => {
  const server = await startVendorServer(vendor.dialect, ...acts);
  const log = keptLog();
  const egress = createEgress({ secrets: vault, isCanary: () => false, log });
  closing.push(
    () => egress.close(),
    () => server.close(),
  );
  const model = createVendorModel({
    name: "it",
    provider: {
      kind: vendor.kind,
      baseUrl: `${server.origin}${vendor.path}`,
      model: vendor.model,
      secret: vendor.key === null ? null : "model-key",
      timeoutSeconds: 5,
      ...settings,
    },
    egress,
    clock,
    log,
    random: () => 0.5,
    patience: PATIENT,
  });
  if (!model.ok) throw new Error(model.error.message);
  return { server, model: model.value, log };
};
