import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { Lexer } from "marked";
import type { MarkedToken, Token, Tokens } from "marked";
import { honestProse } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { safeLink } from "./safe-link.ts";

type Content = TemplateResult | string | typeof nothing | readonly Content[];

// Deeper nesting than people write is shown as its source.
const DEEPEST = 24;
const LONGEST = 200_000;

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": "\u00A0",
};
const plain = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity);

// Threat: a link's title and a definition are read by a model and shown by no browser.
const titleOf = (title: string | null | undefined): Content =>
  title ? html` <span class="link-host">“${honestProse(plain(title))}”</span>` : nothing;

const link = (href: string, label: Content, text: string, title?: string | null): Content => {
  const target = safeLink(href);
  if (target === null) return html`${label} <span class="link-host">(${neutralText(href)})</span>${titleOf(title)}`;
  const says = text.toLowerCase();
  const showsHost = says === target.href.toLowerCase() || says === href.toLowerCase() || says === target.host;
  return html`<a href=${target.href} target="_blank" rel="noopener noreferrer">${label}</a>${
      showsHost ? nothing : html` <span class="link-host">(${target.host})</span>`
    }${titleOf(title)}`;
};

/** A picture is never loaded: loading one tells its host that it was read. */
const picture = (token: Tokens.Image): Content => {
  const label = honestProse(`picture, not loaded: ${token.text === "" ? "no description" : plain(token.text)}`);
  return html`<span class="picture">${link(token.href, label, "", token.title)}</span>`;
};

const heading = (depth: number, content: Content): TemplateResult => {
  // The page has h1 and h2; a message starts at h3.
  if (depth <= 1) return html`<h3>${content}</h3>`;
  if (depth === 2) return html`<h4>${content}</h4>`;
  return html`<h5>${content}</h5>`;
};

const cell = (token: Tokens.TableCell, depth: number): TemplateResult => {
  const align = token.align ?? "left";
  const content = many(token.tokens, depth);
  return token.header ? html`<th scope="col" class=${align}>${content}</th>` : html`<td class=${align}>${content}</td>`;
};

const table = (token: Tokens.Table, depth: number): TemplateResult =>
  html`<div class="scroller" tabindex="0" role="group" aria-label="Table">
    <table>
      <thead>
        <tr>
          ${token.header.map((item) => cell(item, depth))}
        </tr>
      </thead>
      <tbody>
        ${token.rows.map(
          (row) =>
            html`<tr>
              ${row.map((item) => cell(item, depth))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

const list = (token: Tokens.List, depth: number): TemplateResult => {
  const items = token.items.map((item) => html`<li>${many(item.tokens, depth)}</li>`);
  return token.ordered
    ? html`<ol start=${token.start === "" ? 1 : token.start}>
        ${items}
      </ol>`
    : html`<ul>
        ${items}
      </ul>`;
};

/** A plain name of a language is no text; anything else beside a fence is. */
const beside = (lang: string): Content =>
  /^[\w#+.-]{0,20}$/.test(lang) ? nothing : html`<p class="link-host">${honestProse(lang)}</p>`;

const code = (token: Tokens.Code): TemplateResult =>
  html`${beside(token.lang ?? "")}
    <pre
      tabindex="0"
      role="group"
      aria-label=${token.lang ? `Code, ${neutralText(token.lang)}` : "Code"}
    ><code>${honestProse(token.text)}</code></pre>`;

const asWritten = (text: string): TemplateResult => html`<p class="as-written">${honestProse(text)}</p>`;

const one = (token: MarkedToken, depth: number): Content => {
  switch (token.type) {
    case "space":
      return nothing;
    case "def":
      return asWritten(token.raw.trim());
    case "paragraph":
      return html`<p>${many(token.tokens, depth)}</p>`;
    case "heading":
      return heading(token.depth, many(token.tokens, depth));
    case "code":
      return code(token);
    case "blockquote":
      return html`<blockquote>${many(token.tokens, depth)}</blockquote>`;
    case "list":
      return list(token, depth);
    case "list_item":
      return many(token.tokens, depth);
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "table":
      return table(token, depth);
    case "hr":
      return html`<hr />`;
    case "strong":
      return html`<strong>${many(token.tokens, depth)}</strong>`;
    case "em":
      return html`<em>${many(token.tokens, depth)}</em>`;
    case "del":
      return html`<del>${many(token.tokens, depth)}</del>`;
    case "codespan":
      return html`<code>${honestProse(token.text)}</code>`;
    case "br":
      return html`<br />`;
    case "link":
      return link(token.href, many(token.tokens, depth), plain(token.text), token.title);
    case "image":
      return picture(token);
    case "text":
      return token.tokens === undefined ? honestProse(plain(token.text)) : many(token.tokens, depth);
    case "escape":
      return honestProse(token.text);
    case "html":
      // HTML is text here; it is shown as it was written.
      return honestProse(token.raw);
  }
};

const many = (tokens: readonly Token[], depth: number): readonly Content[] =>
  tokens.map((token) =>
    // No extension is registered, so every token is one of marked's own.
    depth >= DEEPEST ? honestProse(token.raw) : one(token as MarkedToken, depth + 1),
  );

/**
 * Markdown as Lit templates: every word is a text binding, so nothing in it can become markup, and every character nobody
 * can see is shown by its code. Links lead to http, https and mailto only; pictures are never loaded. What the lexer cannot read is shown as written.
 */
export const renderMarkdown = (text: string): TemplateResult => {
  if (text.length > LONGEST) return asWritten(text);
  try {
    return html`${many(new Lexer({ gfm: true, breaks: true }).lex(text), 0)}`;
  } catch {
    return asWritten(text); // nesting beyond the stack: a hostile text, still readable
  }
};
