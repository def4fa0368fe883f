import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Person, Prompt, Share, Team } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestProse, honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { nameText, promptWords, sharingText, startText } from "../words-of-people.ts";
import { linesText } from "../words.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape, textIn } from "./form-fields.ts";

/** Texts to begin messages with: one's own, and those of others as what they are. */
export class PromptList extends EntryList<Prompt["id"]> {
  static override properties = {
    me: { attribute: false },
    people: { attribute: false },
    teams: { attribute: false },
    shares: { attribute: false },
    prompts: { attribute: false },
    mine: { attribute: false },
    mayUse: { attribute: false },
  };
  declare me: Me | null;
  declare people: readonly Person[];
  declare teams: readonly Team[];
  declare shares: readonly Share[];
  /** Null while they are loaded. */
  declare prompts: readonly Prompt[] | null;
  /** Whether these are one's own. */
  declare mine: boolean;
  /** Whether there is a message to begin. */
  declare mayUse: boolean;
  /** Called to begin a message with one. */
  use: (prompt: Prompt) => void = () => undefined;
  /** Called to show whom one is shared with. */
  share: (prompt: Prompt) => void = () => undefined;
  protected readonly opener = ".add-prompt";
  protected readonly problemId = "prompt-problem";

  constructor() {
    super();
    this.me = null;
    this.people = [];
    this.teams = [];
    this.shares = [];
    this.prompts = null;
    this.mine = true;
    this.mayUse = false;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    const sent = this.sent(event);
    if (sent === null) return;
    const { form, data } = sent;
    const name = textIn(data, "name").trim();
    const text = textIn(data, "text").replace(/\r\n?/g, "\n");
    // A text that was only looked at is left as it is: somebody else may have changed it meanwhile, and it is theirs then.
    const rewritten = text !== this.prompts?.find(({ id }) => id === form)?.text;
    const kept = await this.ask(
      (call) =>
        form === "new"
          ? call("prompts.create", { name, text })
          : call("prompts.change", { promptId: form, name, ...(rewritten ? { text } : {}) }),
      `#${this.problemId}`,
    );
    if (kept !== null) this.turn(null)();
    this.changed();
  };

  #form(prompt: Prompt | null): TemplateResult {
    const theirs = prompt !== null && prompt.ownerId !== this.me?.id;
    return html`<form
      class="whole-row stacked boxed"
      aria-labelledby="prompt-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      <h4 id="prompt-form">${prompt === null ? "Keep a prompt" : html`Change ${honestText(prompt.name)}`}</h4>
      <label
        >Name<input class="field" name="name" required maxlength="80" autocomplete="off" .value=${prompt?.name ?? ""}
      /></label>
      <label
        >Text<textarea
          class="field"
          name="text"
          required
          rows="5"
          maxlength="20000"
          .value=${prompt?.text ?? ""}
        ></textarea>
      </label>
      ${
        theirs
          ? html`<p class="quiet">
              It is somebody else’s. Once you change it, its owner’s messages carry it as a quote, until they change it
              themselves.
            </p>`
          : nothing
      }
      ${problemView(this.problem, this.problemId)} ${this.formWays("Keep it")}
    </form>`;
  }

  #ways(prompt: Prompt): TemplateResult {
    const { id, name } = prompt;
    const named = neutralText(name);
    return html`<span class="entry-ways row-ways">
      ${this.mayUse ? wayView("Use", `Use the prompt ${named}`, () => this.use(prompt)) : nothing}
      ${may(this.me, "prompts.create") ? wayView("Change", `Change the prompt ${named}`, this.turn(id)) : nothing}
      ${this.mine && may(this.me, "shares.set") ? wayView("Sharing", `Sharing of ${named}`, () => this.share(prompt)) : nothing}
      ${may(this.me, "prompts.create") ? wayView("Remove", `Remove the prompt ${named}`, this.leave(id), true) : nothing}
    </span>`;
  }

  #says({ id, ownerId }: Prompt, words: ReturnType<typeof promptWords>): string {
    if (!this.mine) {
      const owner = nameText(ownerId, this.people, this.me?.id ?? null);
      return `Shared with you by ${owner}; ${words.says}. It goes along as a quote.`;
    }
    const shares = this.shares.filter(({ object }) => object.id === id);
    const shared = sharingText(shares, { people: this.people, teams: this.teams });
    return words.own
      ? `${shared}.`
      : `${shared}. ${startText(words.says)}: it goes along as a quote until you change it.`;
  }

  #one(prompt: Prompt): TemplateResult {
    const { id, name, text } = prompt;
    const words = promptWords(prompt, this.people, this.me?.id ?? null);
    return html`<li class="entry revocable">
      <span>
        <strong>${honestText(name)}</strong>
        ${this.mine && !words.own ? html`<span class="chip caution">not your words any more</span>` : nothing}
      </span>
      ${this.#ways(prompt)}
      <span class="whole-row quiet">${this.#says(prompt, words)}</span>
      <details class="whole-row fold">
        <summary>
          ${icon("chevron")}<span class="first-line">${honestText(text.trim().split("\n", 1)[0] ?? "")}</span
          ><span class="visually-hidden">${linesText(text)}</span>
        </summary>
        <div class="prompt-text" dir="auto">${honestProse(text)}</div>
      </details>
      ${
        this.leaving === id
          ? this.really(
              {
                label: `Remove the prompt ${neutralText(name)}?`,
                says: this.mine ? "It is gone for everybody it is shared with." : "It is gone for its owner, too.",
                yes: "Remove it",
              },
              (call) => call("prompts.remove", { promptId: id }),
            )
          : nothing
      }
      ${this.form === id ? this.#form(prompt) : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    const { prompts } = this;
    if (prompts === null) return html`<p class="quiet">Loading…</p>`;
    return html`${
      prompts.length === 0
        ? html`<p class="quiet">None yet. What you often begin with can be kept here, and shared.</p>`
        : html`<ul class="entries" role="list" aria-label=${this.mine ? "Your prompts" : "Prompts of others"}>
            ${prompts.map((prompt) => this.#one(prompt))}
          </ul>`
    }
    ${this.below(this.mine && may(this.me, "prompts.create"), "Keep a prompt", () => this.#form(null))}`;
  }
}
customElements.define("prompt-list", PromptList);
