// @ts-check
import { definePlugin } from "@moltbot/plugin-sdk";

/** @typedef {import("@moltbot/plugin-sdk").Host} Host */
/** @typedef {import("@moltbot/plugin-sdk").Json} Json */
/** @typedef {import("@moltbot/plugin-sdk").SecretHandle} SecretHandle */

const API = "https://api.github.com";
const MOST_BODY = 6_000;
const MOST_COMMENT = 1_500;

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

/** @param {unknown} value @returns {Record<string, unknown>} an object, whatever came */
const fieldsOf = (value) =>
  typeof value === "object" && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};

/** @param {unknown} value @returns {unknown[]} a list, whatever came */
const listOf = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} value @param {number} most @returns {string} */
const textOf = (value, most) => {
  if (typeof value !== "string") return "";
  const text = value.trim();
  return text.length <= most ? text : `${text.slice(0, most)} […]`;
};

/** @param {unknown} value @returns {number | null} */
const numberOf = (value) => (typeof value === "number" && Number.isSafeInteger(value) ? value : null);

/** @param {string} text @returns {unknown} undefined where it is none */
const jsonOf = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** `OWNER/NAME` as a path of two steps; nothing else gets into an address. @param {string} repository */
const pathOf = (repository) => {
  const [owner = "", name = "", more] = repository.split("/");
  const fits = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/.test(owner) && /^[A-Za-z0-9._-]{1,100}$/.test(name);
  if (!fits || more !== undefined || /^\.{1,2}$/.test(name))
    throw new Problem("A repository is written OWNER/NAME, such as nodejs/node.");
  return `${owner}/${name}`;
};

/** Why GitHub did not answer, for people. @param {number} status @param {Readonly<Record<string, string>>} headers @param {string} says */
const reasonOf = (status, headers, says) => {
  if ((status === 403 || status === 429) && headers["x-ratelimit-remaining"] === "0") {
    const reset = Number(headers["x-ratelimit-reset"]);
    const until = Number.isFinite(reset) && reset > 0 && reset < 1e11 ? new Date(reset * 1_000).toISOString() : "later";
    return `GitHub has been asked too often; it answers again at ${until}.`;
  }
  if (status === 401) return "GitHub does not take the token github-token. It may have ended.";
  if (status === 404) return "GitHub knows no such repository or issue, or the token may not read it.";
  if (status === 410) return "The repository has no issues, or this one was deleted.";
  return `GitHub answered ${status}: ${says || "without a reason"}`;
};

/** What its answers are read by; it is told of the token where the owner keeps one. @param {Host} host */
const openGitHub = async (host) => {
  /** @type {SecretHandle | null} */
  let secret = await host.secrets.handle("github-token");
  const headers = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };

  /** @param {string} path */
  const send = async (path) => {
    try {
      return await host.http.fetch({ url: `${API}${path}`, headers, secret });
    } catch (thrown) {
      if (secret === null || codeOf(thrown) !== "SECRET_NOT_FOUND") throw thrown;
      secret = null;
      return host.http.fetch({ url: `${API}${path}`, headers });
    }
  };
  return {
    hasToken: () => secret !== null,
    /** @param {string} path @returns {Promise<unknown>} */
    read: async (path) => {
      const { status, headers: answered, body } = await send(path);
      const answer = jsonOf(body);
      if (status !== 200) throw new Problem(reasonOf(status, answered, textOf(fieldsOf(answer).message, 150)));
      if (answer === undefined) throw new Problem("GitHub's answer is no JSON.");
      return answer;
    },
  };
};

/** An issue without its text. @param {unknown} issue */
const shortOf = (issue) => {
  const { number, title, state, user, labels, comments, created_at, updated_at, pull_request } = fieldsOf(issue);
  return {
    number: numberOf(number),
    title: textOf(title, 200),
    state: textOf(state, 20),
    kind: pull_request === undefined ? "issue" : "pull request",
    by: textOf(fieldsOf(user).login, 50),
    labels: listOf(labels)
      .slice(0, 20)
      .map((label) => textOf(typeof label === "string" ? label : fieldsOf(label).name, 50)),
    comments: numberOf(comments),
    created: textOf(created_at, 30),
    updated: textOf(updated_at, 30),
  };
};

/** @param {{ repository: string, state?: string, labels?: string[], most?: number }} args @param {Host} host @returns {Promise<Json>} */
const list = async ({ repository, state = "open", labels = [], most = 20 }, host) => {
  const path = pathOf(repository);
  if (labels.some((label) => label.includes(","))) throw new Problem("A label holds no comma.");
  const wanted = labels.length === 0 ? "" : `&labels=${encodeURIComponent(labels.join(","))}`;
  const github = await openGitHub(host);
  const query = `state=${state}&sort=updated&per_page=${most}${wanted}`;
  const issues = listOf(await github.read(`/repos/${path}/issues?${query}`));
  return { repository: path, issues: issues.slice(0, most).map(shortOf), withToken: github.hasToken() };
};

/** @param {{ repository: string, number: number }} args @param {Host} host @returns {Promise<Json>} */
const show = async ({ repository, number }, host) => {
  const path = `/repos/${pathOf(repository)}/issues/${number}`;
  const github = await openGitHub(host);
  const issue = fieldsOf(await github.read(path));
  const short = shortOf(issue);
  const comments = short.comments === 0 ? [] : listOf(await github.read(`${path}/comments?per_page=20`));
  return {
    ...short,
    text: textOf(issue.body, MOST_BODY),
    thread: comments.slice(0, 20).map((comment) => {
      const { user, created_at, body } = fieldsOf(comment);
      return { by: textOf(fieldsOf(user).login, 50), at: textOf(created_at, 30), text: textOf(body, MOST_COMMENT) };
    }),
  };
};

/** @param {{ repository: string, words: string, most?: number }} args @param {Host} host @returns {Promise<Json>} */
const search = async ({ repository, words, most = 20 }, host) => {
  const path = pathOf(repository);
  // A word with a colon or a quote would be an order to the search, such as `repo:`.
  const plain = words.replace(/[^\p{L}\p{N}._-]+/gu, " ").trim();
  if (plain === "") throw new Problem("There is no word to search for.");
  const query = encodeURIComponent(`${plain} repo:${path} is:issue`);
  const github = await openGitHub(host);
  const answer = fieldsOf(await github.read(`/search/issues?q=${query}&per_page=${most}`));
  return {
    repository: path,
    found: numberOf(answer.total_count),
    issues: listOf(answer.items).slice(0, most).map(shortOf),
  };
};

export default definePlugin({ tools: { list: telling(list), show: telling(show), search: telling(search) } });
