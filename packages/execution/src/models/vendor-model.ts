import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, ModelDescription, ModelPort, Result } from "@moltbot/contracts";
import type { Egress } from "../egress/index.ts";
import { createLanguageModel } from "./language-model/language-model.ts";
import type { Patience } from "./language-model/pause-before.ts";
import type { ProviderSettings } from "./model-settings.ts";
import { withoutKey } from "./vendor.ts";
import { VENDORS } from "./vendors.ts";

const TIMEOUT_SECONDS = 120;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export interface VendorModelParts {
  /** What the settings call it. */
  readonly name: string;
  readonly provider: ProviderSettings;
  readonly egress: Pick<Egress, "fetchFor">;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly random: () => number;
  readonly patience: Patience;
}

const parseUrl = (text: string): URL | null => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
};

const describe = (name: string, { model, tools }: ProviderSettings, url: URL): ModelDescription =>
  Object.freeze({
    name,
    says: `${model} at ${url.host}`,
    demonstration: false,
    local: LOOPBACK.test(url.hostname),
    tools: tools ?? true,
  });

/** A model of a vendor or of a server of one's own. Its requests go through egress alone, to its origin alone, and egress alone knows the key. */
export const createVendorModel = (parts: VendorModelParts): Result<ModelPort> => {
  const { name, provider, egress, log } = parts;
  const vendor = VENDORS[provider.kind ?? "compatible"];
  const url = parseUrl(provider.baseUrl ?? vendor.baseUrl ?? "");
  if (url === null) {
    const problem =
      provider.baseUrl === undefined ? "it has no baseUrl" : "its baseUrl is not an http or https address";
    return err(moltbotError("MODEL_UNAVAILABLE", { model: name, problem }));
  }
  const description = describe(name, provider, url);
  if (provider.secret !== null && url.protocol === "http:" && !description.local)
    log.warn("a model's key leaves this machine unencrypted: its baseUrl says http", { model: name });
  const secret = provider.secret === null ? null : { name: provider.secret, ...vendor.key };
  const fetch = withoutKey(egress.fetchFor({ kind: "provider", origin: url.origin }, secret), vendor.key.header);
  const baseUrl = url.href.replace(/\/$/, "");
  return ok(
    createLanguageModel({
      ...parts,
      description,
      load: () => vendor.load({ name, model: provider.model, baseUrl, fetch }),
      timeoutSeconds: provider.timeoutSeconds ?? TIMEOUT_SECONDS,
    }),
  );
};
