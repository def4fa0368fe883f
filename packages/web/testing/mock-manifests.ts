/** What the mock gateway’s plugins and skills say of themselves. */

export type Manifest = Readonly<Record<string, unknown>>;

const FORECAST = {
  name: "forecast",
  title: "Weather forecast",
  description: "The weather of a place for the next days: sky, temperatures, rain and wind.",
  input: {
    type: "object",
    properties: {
      place: { type: "string", description: "A town or a postal code.", maxLength: 100 },
      days: { type: "integer", description: "How many days, today first; 3 unless told.", minimum: 1, maximum: 14 },
    },
    required: ["place"],
  },
};
/** What the weather plugin says of itself. */
export const WEATHER: Manifest = {
  manifest: 1,
  name: "weather",
  version: "1.0.0",
  title: "Weather",
  description: "Says what the weather will be, from Open-Meteo. It needs no key.",
  author: "Moltbot",
  licence: "MIT",
  tools: [FORECAST],
  permissions: [
    {
      kind: "http",
      hosts: ["api.open-meteo.com:443", "geocoding-api.open-meteo.com:443"],
      why: "To find the place, and to ask for its weather.",
    },
  ],
  sees: ["The names of places that it is asked about. Open-Meteo sees them too."],
};
/** What the plugin about issues can be asked. */
export const ISSUE_TOOLS = [
  {
    name: "list",
    title: "List issues",
    description: "The newest issues of a repository.",
    input: { type: "object", properties: {} },
  },
  {
    name: "open",
    title: "Open an issue",
    description: "Opens an issue in your name.",
    input: { type: "object", properties: {} },
  },
];
/** What the plugin about issues says of itself: it wants a secret, keeps something, and sends. */
export const ISSUES: Manifest = {
  manifest: 1,
  name: "issues",
  version: "2.1.0",
  title: "Issues",
  description: "Reads and opens issues of repositories.",
  author: "Harbour Tools",
  tools: ISSUE_TOOLS,
  permissions: [
    { kind: "http", hosts: ["api.github.com:443"], methods: ["GET", "POST"], why: "To read and open issues." },
    { kind: "secret", name: "token", host: "api.github.com:443", why: "To open issues in your name." },
  ],
};
/** What the feed reader says of itself: it leaves its hosts to the owner. */
export const FEEDS: Manifest = {
  manifest: 1,
  name: "rss",
  version: "1.0.0",
  title: "Feeds",
  description: "Watches RSS and Atom feeds and says what is new since the last look.",
  tools: [
    {
      name: "news",
      title: "What is new",
      description: "Entries that no earlier call has shown.",
      input: { type: "object", properties: {} },
    },
  ],
  permissions: [
    { kind: "http", hosts: [], chosen: true, why: "To read feeds, at the hosts that you name when you install it." },
    { kind: "storage", bytes: 262_144, why: "To know which entries were shown." },
  ],
};
/** A skill of one’s own words. */
export const TIDY: Manifest = {
  name: "tidy-notes",
  version: "1.2.0",
  description: "How notes are kept tidy.",
  origin: "own",
};
/** A skill of somebody else’s words. */
export const RESEARCH: Manifest = {
  name: "careful-research",
  version: "3.0.1",
  description:
    "How a question is looked into: which sources count, how they are compared, and what is said when they differ.",
  origin: "imported",
};
