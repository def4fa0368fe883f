// @ts-check
import { definePlugin } from "@moltbot/plugin-sdk";

/** @typedef {import("@moltbot/plugin-sdk").Host} Host */
/** @typedef {import("@moltbot/plugin-sdk").Json} Json */
/** @typedef {{ url: string, title: string, seen: string[] }} Feed `seen`: marks of entries, the latest last */
/** @typedef {{ mark: string, title: string, link: string | null, at: string | null, text: string }} Entry */
/** @typedef {{ name: string, children: Node[], text: string, attributes: Record<string, string> }} Node */

const MOST_FEEDS = 20;
const MOST_SEEN = 250;
const MOST_ENTRIES = 200;
const MOST_NODES = 20_000;
const MOST_DEPTH = 32;
const MOST_TAG = 8_192;
const MOST_TEXT = 20_000;
const AT_ONCE = 5;

/** What whoever asked is told. The words of an error reach the log alone: what an agent shall read is given back. */
class Problem extends Error {}

/** The code of a refusal of the house; empty for any other error. @param {unknown} thrown @returns {string} */
const codeOf = (thrown) => (thrown instanceof Error && "code" in thrown ? String(thrown.code) : "");

/**
 * A tool that tells its own problems and the house's; anything else that it throws is a fault of its code.
 * @template Args
 * @param {(args: Args, host: Host) => Promise<Json>} tool
 * @returns {(args: Args, host: Host) => Promise<Json>}
 */
const telling = (tool) => async (args, host) => {
  try {
    return await tool(args, host);
  } catch (thrown) {
    if (thrown instanceof Problem || (thrown instanceof Error && codeOf(thrown) !== ""))
      return { problem: thrown.message };
    throw thrown;
  }
};

// ---- Text ----

/** The entities of XML, and those of HTML that feeds are full of. A document may declare none of its own: that is how bombs are built. */
const ENTITIES = new Map(
  Object.entries({
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    nbsp: " ",
    hellip: "…",
    mdash: "—",
    ndash: "–",
    lsquo: "‘",
    rsquo: "’",
    ldquo: "“",
    rdquo: "”",
    laquo: "«",
    raquo: "»",
    bull: "•",
    copy: "©",
    euro: "€",
  }),
);

/** @param {number} code */
const characterOf = (code) =>
  Number.isInteger(code) && code >= 32 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    ? String.fromCodePoint(code)
    : " ";

/** Each entity once; what it stands for is not read again. @param {string} text */
const decoded = (text) =>
  text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (whole, /** @type {string} */ name) => {
    if (name[0] !== "#") return ENTITIES.get(name) ?? whole;
    return characterOf(name[1] === "x" || name[1] === "X" ? parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });

/** HTML as one line of plain text: every tag falls, also one that does not end. @param {string} html @param {number} most */
const plain = (html, most) => {
  const line = decoded(html.replace(/<[a-z/!?][^<>]*>?/gi, " "))
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return line.length <= most ? line : `${line.slice(0, most).trimEnd()}…`;
};

// ---- XML: as much of it as feeds use, in one pass ----

/** @param {string} tag @returns {Record<string, string>} */
const attributesOf = (tag) => {
  // Each name is begun once, so that a long tag costs no more than its length.
  const found = tag.matchAll(/(?<![\w:.-])([\w:.-]{1,64})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')/g);
  return Object.fromEntries(
    [...found].map(([, name = "", inDouble, inSingle]) => [name.toLowerCase(), decoded(inDouble ?? inSingle ?? "")]),
  );
};

/** @param {string} xml @param {string} what @param {number} from @returns {number} */
const endOf = (xml, what, from) => {
  const at = xml.indexOf(what, from);
  if (at === -1) throw new Problem("The feed ends in the middle.");
  return at;
};

/** Where a tag ends: a `>` inside a quoted value is none. @param {string} xml @param {number} from */
const endOfTag = (xml, from) => {
  let quote = "";
  for (let at = from; at < xml.length && at - from < MOST_TAG; at += 1) {
    const character = xml[at] ?? "";
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === ">") return at;
  }
  throw new Problem("The feed has a tag that does not end.");
};

/**
 * A tree of elements, with names in lower case and without their prefixes' meaning. An unclosed element ends with its parent; a
 * closing tag that nothing opened is passed over.
 * @param {string} xml @returns {Node}
 */
const parseXml = (xml) => {
  /** @type {Node} */
  const root = { name: "", children: [], text: "", attributes: {} };
  const open = [root];
  let nodes = 0;
  /** @param {string} text */
  const addText = (text) => {
    const node = open.at(-1) ?? root;
    if (node.text.length < MOST_TEXT) node.text += text.slice(0, MOST_TEXT - node.text.length);
  };
  /** @param {string} tag */
  const closeTag = (tag) => {
    const at = open.findLastIndex(({ name }) => name === tag.trim().toLowerCase());
    if (at > 0) open.length = at;
  };
  /** @param {string} tag */
  const openTag = (tag) => {
    const name = /^[^\s/]{1,64}/.exec(tag)?.[0].toLowerCase() ?? "";
    nodes += 1;
    if (nodes > MOST_NODES) throw new Problem(`The feed has more than ${MOST_NODES} elements.`);
    /** @type {Node} */
    const node = { name, children: [], text: "", attributes: name === "link" ? attributesOf(tag) : {} };
    open.at(-1)?.children.push(node);
    if (tag.endsWith("/")) return;
    if (open.length > MOST_DEPTH) throw new Problem(`The feed is nested deeper than ${MOST_DEPTH}.`);
    open.push(node);
  };
  let at = 0;
  while (at < xml.length) {
    const next = xml.indexOf("<", at);
    if (next === -1) break;
    if (next > at) addText(decoded(xml.slice(at, Math.min(next, at + MOST_TEXT))));
    if (xml.startsWith("<!--", next)) at = endOf(xml, "-->", next + 4) + 3;
    else if (xml.startsWith("<![CDATA[", next)) {
      const end = endOf(xml, "]]>", next + 9);
      addText(xml.slice(next + 9, Math.min(end, next + 9 + MOST_TEXT)));
      at = end + 3;
    } else if (xml.startsWith("<?", next)) at = endOf(xml, "?>", next + 2) + 2;
    else {
      const end = endOfTag(xml, next + 1);
      const tag = xml.slice(next + 1, end);
      if (tag.startsWith("!") && tag.includes("[")) throw new Problem("The feed declares entities of its own.");
      if (tag.startsWith("/")) closeTag(tag.slice(1));
      else if (!tag.startsWith("!")) openTag(tag);
      at = end + 1;
    }
  }
  return root;
};

/** @param {Node | undefined} node @param {...string} names @returns {Node | undefined} the first child that has one of the names, in their order */
const child = (node, ...names) => {
  for (const name of names) {
    const found = node?.children.find((one) => one.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** @param {Node | undefined} node @param {...string} names */
const textIn = (node, ...names) => child(node, ...names)?.text.trim() ?? "";

// ---- Feeds ----

/** 53 bits that tell entries apart (cyrb53); a stranger who makes two alike hides an entry of their own feed. @param {string} text */
const markOf = (text) => {
  let [one, two] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36);
};

/** @param {string} text RFC 822 or RFC 3339 @returns {string | null} */
const dateOf = (text) => {
  const time = text.length > 64 ? NaN : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
};

/** Only addresses of pages: `javascript:` and the like are none. @param {string} text */
const linkOf = (text) => (/^https?:\/\/[^\s<>"]{1,1000}$/i.test(text.trim()) ? text.trim() : null);

/** @param {Node} entry @returns {string} */
const addressIn = (entry) => {
  const links = entry.children.filter(({ name }) => name === "link");
  const chosen = links.find(({ attributes }) => (attributes.rel ?? "alternate") === "alternate") ?? links[0];
  return chosen?.attributes.href ?? chosen?.text ?? "";
};

/** @param {Node} entry @returns {Entry} */
const entryOf = (entry) => {
  const link = linkOf(addressIn(entry));
  const title = plain(textIn(entry, "title"), 200);
  const text = plain(textIn(entry, "description", "summary", "content", "content:encoded"), 300);
  const identity = textIn(entry, "guid", "id") || link || `${title}\n${text}`;
  const at = dateOf(textIn(entry, "pubdate", "published", "updated", "dc:date", "date"));
  return { mark: markOf(identity), title: title || "(without a title)", link, at, text };
};

/** Reads RSS 2.0, RSS 1.0 or Atom. @param {string} xml @returns {{ title: string, entries: Entry[] }} */
const parseFeed = (xml) => {
  const root = parseXml(xml);
  const rdf = child(root, "rdf:rdf");
  const channel = child(child(root, "rss"), "channel") ?? child(rdf, "channel") ?? child(root, "feed");
  if (channel === undefined) throw new Problem("It is neither RSS nor Atom.");
  const entries = [...channel.children, ...(rdf?.children ?? [])].filter(
    ({ name }) => name === "item" || name === "entry",
  );
  return { title: plain(textIn(channel, "title"), 100), entries: entries.slice(0, MOST_ENTRIES).map(entryOf) };
};

/** @param {Host} host @param {string} url */
const readFeed = async (host, url) => {
  const accept = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8";
  const { status, body } = await host.http.fetch({ url, headers: { accept } });
  if (status !== 200) throw new Problem(`Its server answered ${status}.`);
  return parseFeed(body);
};

// ---- What is remembered ----

/** @param {Json} feed @returns {Feed[]} none where it is not what was kept */
const feedOf = (feed) => {
  if (typeof feed !== "object" || feed === null || Array.isArray(feed)) return [];
  const { url, title, seen } = /** @type {Record<string, Json>} */ (feed);
  if (typeof url !== "string") return [];
  const marks = Array.isArray(seen) ? seen.filter((/** @type {Json} */ mark) => typeof mark === "string") : [];
  return [{ url, title: typeof title === "string" ? title : "", seen: marks }];
};

/** @param {Host} host @returns {Promise<Feed[]>} */
const recall = async (host) => {
  const kept = await host.storage.get("feeds");
  return Array.isArray(kept) ? kept.flatMap(feedOf) : [];
};

/** @param {Host} host @param {Feed[]} feeds */
const remember = (host, feeds) => host.storage.set("feeds", feeds);

/** @param {string[]} seen @param {Entry[]} shown @returns {string[]} the latest marks, each once */
const withMarks = (seen, shown) => {
  const marks = new Set(shown.map(({ mark }) => mark));
  return [...seen.filter((mark) => !marks.has(mark)), ...marks].slice(-MOST_SEEN);
};

/** @param {Entry} entry @returns {Json} */
const shown = ({ title, link, at, text }) => ({ title, link, at, text });

/** @param {{ at: string | null }} a @param {{ at: string | null }} b */
const newestFirst = (a, b) => (b.at ?? "").localeCompare(a.at ?? "");

// ---- Tools ----

/** @param {{ url: string }} args @param {Host} host @returns {Promise<Json>} */
const watch = async ({ url }, host) => {
  if (linkOf(url) === null) throw new Problem("A feed has an address that begins with https://.");
  const feeds = await recall(host);
  if (feeds.some((feed) => feed.url === url)) throw new Problem("This feed is watched already.");
  if (feeds.length >= MOST_FEEDS) throw new Problem(`More than ${MOST_FEEDS} feeds are not watched; forget one first.`);
  const { title, entries } = await readFeed(host, url);
  await remember(host, [...feeds, { url, title, seen: withMarks([], entries) }]);
  return {
    watching: url,
    title,
    entries: entries.length,
    newest: entries.toSorted(newestFirst).slice(0, 3).map(shown),
  };
};

/** @param {{ url: string }} args @param {Host} host @returns {Promise<Json>} */
const unwatch = async ({ url }, host) => {
  const feeds = await recall(host);
  const others = feeds.filter((feed) => feed.url !== url);
  if (others.length === feeds.length) throw new Problem("This feed is not watched.");
  await remember(host, others);
  return { forgotten: url, feeds: others.length };
};

/** @param {unknown} _ @param {Host} host @returns {Promise<Json>} */
const listFeeds = async (_, host) => ({ feeds: (await recall(host)).map(({ url, title }) => ({ url, title })) });

/** What of one feed is unseen, or why it could not be read. @param {Host} host @param {Feed} feed */
const lookAt = async (host, feed) => {
  try {
    const { entries } = await readFeed(host, feed.url);
    const seen = new Set(feed.seen);
    return { feed, fresh: entries.filter(({ mark }) => !seen.has(mark)), problem: null };
  } catch (thrown) {
    return { feed, fresh: [], problem: thrown instanceof Error ? thrown.message : "it cannot be read" };
  }
};

/** @param {{ most?: number }} args @param {Host} host @returns {Promise<Json>} */
const news = async ({ most = 20 }, host) => {
  const feeds = await recall(host);
  /** @type {Awaited<ReturnType<typeof lookAt>>[]} */
  const looks = [];
  for (let at = 0; at < feeds.length; at += AT_ONCE)
    looks.push(...(await Promise.all(feeds.slice(at, at + AT_ONCE).map((feed) => lookAt(host, feed)))));

  const fresh = looks.flatMap(({ feed, fresh: entries }) => entries.map((entry) => ({ ...entry, feed })));
  const told = fresh.toSorted(newestFirst).slice(0, most);
  if (told.length > 0)
    await remember(
      host,
      feeds.map((feed) => ({
        ...feed,
        seen: withMarks(
          feed.seen,
          told.filter((entry) => entry.feed === feed),
        ),
      })),
    );
  return {
    entries: told.map(({ feed, ...entry }) => ({
      feed: feed.title || feed.url,
      .../** @type {{}} */ (shown({ ...entry })),
    })),
    more: fresh.length - told.length,
    problems: looks.flatMap(({ feed, problem }) => (problem === null ? [] : [{ feed: feed.url, problem }])),
  };
};

export default definePlugin({
  tools: { watch: telling(watch), unwatch: telling(unwatch), feeds: telling(listFeeds), news: telling(news) },
});
