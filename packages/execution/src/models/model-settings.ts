/** One OpenAI-compatible server. */
export interface ProviderSettings {
  /** Such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
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
  readonly providers: Readonly<Record<string, ProviderSettings>>;
}
