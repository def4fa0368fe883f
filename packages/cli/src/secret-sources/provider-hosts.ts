/** What is usual for a provider's credential: the hosts it is sent to, and what it is called there. */
export interface Usual {
  readonly provider: string;
  readonly hosts: readonly string[];
}

/** Provider → the hosts its credentials are sent to. What only comes in (webhooks, one's own gateway) has none. */
const HOSTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["anthropic", ["api.anthropic.com"]],
  ["openai", ["api.openai.com"]],
  ["google", ["generativelanguage.googleapis.com"]],
  ["groq", ["api.groq.com"]],
  ["mistral", ["api.mistral.ai"]],
  ["openrouter", ["openrouter.ai"]],
  ["xai", ["api.x.ai"]],
  ["deepseek", ["api.deepseek.com"]],
  ["cerebras", ["api.cerebras.ai"]],
  ["together", ["api.together.xyz"]],
  ["fireworks", ["api.fireworks.ai"]],
  ["perplexity", ["api.perplexity.ai"]],
  ["moonshot", ["api.moonshot.ai"]],
  ["minimax", ["api.minimax.io"]],
  ["zai", ["api.z.ai"]],
  ["venice", ["api.venice.ai"]],
  ["cohere", ["api.cohere.com"]],
  ["voyage", ["api.voyageai.com"]],
  ["elevenlabs", ["api.elevenlabs.io"]],
  ["deepgram", ["api.deepgram.com"]],
  ["brave", ["api.search.brave.com"]],
  ["tavily", ["api.tavily.com"]],
  ["exa", ["api.exa.ai"]],
  ["firecrawl", ["api.firecrawl.dev"]],
  ["telegram", ["api.telegram.org"]],
  ["discord", ["discord.com", "gateway.discord.gg"]],
  ["slack", ["slack.com"]],
  ["github", ["api.github.com"]],
  ["notion", ["api.notion.com"]],
]);

/** Other words for a provider. */
const ALSO: ReadonlyMap<string, string> = new Map([
  ["gemini", "google"],
  ["google-generative-ai", "google"],
  ["grok", "xai"],
  ["kimi", "moonshot"],
  ["z", "zai"],
  ["glm", "zai"],
  ["claude", "anthropic"],
  ["gh", "github"],
  ["xi", "elevenlabs"],
]);

/** The provider that a word names, in any case; null when none is known. */
export const usualOf = (word: string): Usual | null => {
  const lower = word.toLowerCase();
  const provider = ALSO.get(lower) ?? lower;
  const hosts = HOSTS.get(provider);
  return hosts === undefined ? null : { provider, hosts };
};

/** Names of what a host checks when it calls us, or of what opens the old assistant itself: they are sent to nobody. */
const INBOUND = /signing|webhook|verify|gateway|hooks?$|pairing/i;

/** What a variable's or a setting's name says, such as OPENAI_API_KEY or `channels.telegram.botToken`; null when it says nothing. */
export const usualOfName = (name: string): Usual | null => {
  if (INBOUND.test(name)) return null;
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return words.map(usualOf).find((usual) => usual !== null) ?? null;
};
