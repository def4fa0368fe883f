/**
 * What this program uses of @fugood/llama.node. The package ships its compiler sources in place of declarations and they do
 * not pass our compiler's settings, so `paths` in tsconfig.json leads here.
 */
/** One loaded model. */
export interface LlamaContext {
  completion(
    options: {
      readonly prompt: string;
      readonly n_predict: number;
      readonly temperature: number;
      readonly top_k: number;
      readonly seed: number;
      readonly grammar: string;
      readonly stop: string[];
      readonly ctx_shift: boolean;
    },
    onToken: (data: { readonly token?: string }) => void,
  ): Promise<{
    readonly text: string;
    readonly tokens_predicted: number;
    readonly tokens_evaluated: number;
    readonly stopped_limited: boolean;
    readonly context_full: boolean;
    readonly truncated: boolean;
  }>;
  stopCompletion(): void;
  /** Forgets what it read before. */
  clearCache(): void;
  tokenize(text: string): Promise<{ readonly tokens: ArrayLike<number> }>;
}

/** Reads a GGUF file; throws when it is none. */
export function loadModel(options: {
  readonly model: string;
  readonly n_ctx: number;
  readonly n_threads: number;
  readonly n_gpu_layers: number;
}): Promise<LlamaContext>;
