/** Whose protocol a provider speaks; "compatible" is anybody's OpenAI chat completions. */
export type VendorKind = "compatible" | "openai" | "anthropic" | "google" | "openrouter" | "ollama";

/** One model of a vendor, or of a server of one's own. */
export interface ProviderSettings {
  /** "compatible" when absent. */
  readonly kind?: VendorKind;
  /** Such as `http://127.0.0.1:11434/v1`; a vendor's own address when absent, which "compatible" has none of. */
  readonly baseUrl?: string;
  /** The model's name there. */
  readonly model: string;
  /** Name of the secret that holds the key; null when the server wants none. */
  readonly secret: string | null;
  readonly contextTokens?: number;
  /** Longest silence. */
  readonly timeoutSeconds?: number;
  /** False: it cannot call tools, and acts through plans in its text. True when absent. */
  readonly tools?: boolean;
}

/** The models a gateway has: "demo", and one per provider under the provider's name. */
export interface ModelSettings {
  /** The name that "default" stands for. */
  readonly default: string;
  /** Models to ask instead, in this order, when one does not answer. None when absent. */
  readonly fallbacks?: readonly string[];
  readonly providers: Readonly<Record<string, ProviderSettings>>;
}
