import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type {
  ConversationId,
  Message,
  MessageId,
  OperationOutput,
  Person,
  PrincipalId,
  Share,
} from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { icon } from "../views/icons.ts";
import { options, valueOf } from "../views/limit.ts";
import { problemView } from "../views/problem.ts";
import { releasedView, releaseFacts } from "../views/released.ts";
import { granteeText, nameText, sharingText, startText } from "../words-of-people.ts";
import type { Known } from "../words-of-people.ts";
import { countText, momentText } from "../words.ts";
import { onEscape } from "./form-fields.ts";
import { PageDialog } from "./page-dialog.ts";

type Foreseen = OperationOutput<"shares.foresee">;

/** A conversation of one's own, as far as the page knows it. */
interface ToRelease {
  readonly id: ConversationId;
  readonly title: string;
  /** Oldest first. */
  readonly messages: readonly Message[];
}

/** Who else reads a conversation, and up to where. Before somebody does, it shows exactly what they would see. */
export class ReleaseDialog extends PageDialog {
  static override properties = {
    what: { state: true },
    shares: { state: true },
    people: { state: true },
    to: { state: true },
    foreseen: { state: true },
    until: { state: true },
  };
  declare what: ToRelease | null;
  /** Null while they are loaded. */
  declare shares: readonly Share[] | null;
  declare people: readonly Person[];
  /** Whom it is about to be shown; null: nobody. */
  declare to: PrincipalId | null;
  /** Exactly what they would see; null while it is loaded. */
  declare foreseen: Foreseen | null;
  /** The last message they would see. */
  declare until: MessageId | null;

  constructor() {
    super();
    this.what = null;
    this.shares = null;
    this.people = [];
    this.to = null;
    this.foreseen = null;
    this.until = null;
  }

  async show(what: ToRelease): Promise<void> {
    this.what = what;
    this.shares = null;
    this.#forget();
    await this.open();
  }

  /** Loads who reads it, and who there is. */
  async load(): Promise<void> {
    const { call, what } = this;
    if (call === null || what === null) return;
    const [shares, people] = await Promise.all([call("shares.list", {}), call("people.list", {})]);
    this.people = this.taken(people, this.people);
    if (shares.ok) this.shares = shares.value.filter(({ object }) => object.id === what.id);
    else this.problem = shares.error;
  }

  #forget(): void {
    this.to = null;
    this.foreseen = null;
    this.until = null;
  }

  protected override closed(): void {
    this.#forget();
  }

  /** A conversation is shown to people alone, never to a team. */
  get #known(): Known {
    return { people: this.people, teams: [] };
  }

  #others(): readonly Person[] {
    return this.people.filter(({ id, state }) => id !== this.me?.id && state === "active");
  }

  async #foresee(until: MessageId): Promise<void> {
    const { what } = this;
    if (what === null) return;
    const foreseen = await this.ask(
      (call) => call("shares.foresee", { conversationId: what.id, upTo: until }),
      "#release-problem",
    );
    if (foreseen === null) return;
    this.foreseen = foreseen;
    this.until = until;
  }

  readonly #begin = (): void => {
    const last = this.what?.messages.at(-1);
    const [first] = this.#others();
    if (last === undefined || first === undefined) return;
    this.clear();
    this.foreseen = null;
    this.to = first.id;
    void this.#foresee(last.id).then(() => this.focusOn(".release select"));
  };

  readonly #cancel = (): void => {
    this.#forget();
    this.problem = null;
    this.focusOn(".release-it");
  };

  readonly #choose = (event: Event): void => {
    this.to = this.#others().find(({ id }) => id === valueOf(event))?.id ?? this.to;
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { what, to, foreseen, until } = this;
    if (what === null || to === null || foreseen === null || until === null) return;
    const set = await this.ask(
      (call) =>
        call("shares.set", {
          object: { type: "conversation", id: what.id },
          to: { kind: "person", id: to },
          rights: ["use"],
          effect: "allow",
          upTo: until,
          seen: foreseen.digest,
        }),
      "#release-problem",
    );
    if (set !== null) {
      this.#cancel();
      this.said = `${startText(nameText(to, this.people, null))} reads it now.`;
    } else if (this.problem?.code === "RELEASE_CHANGED") {
      const { problem } = this;
      await this.#foresee(until);
      this.problem ??= problem;
    }
    await this.load();
  };

  readonly #end = (share: Share) => async (): Promise<void> => {
    const removed = await this.ask((call) => call("shares.remove", { shareId: share.id }), "#release-problem");
    if (removed !== null) {
      this.said = `${startText(granteeText(share.to, this.#known))} reads it no more.`;
      this.focusOn(".release-it");
    }
    await this.load();
  };

  #one(share: Share, { messages }: ToRelease): TemplateResult {
    const whom = granteeText(share.to, this.#known);
    const at = messages.findIndex(({ id }) => id === share.upTo);
    const later = messages.slice(at + 1).filter(({ role }) => role === "user" || role === "assistant").length;
    const last = messages[at];
    return html`<li class="entry revocable">
      <strong>${startText(whom)}</strong>
      <span class="quiet"
        >${
          last === undefined
            ? "reads a part of it."
            : `reads it up to ${momentText(last.createdAt, this.now)}. ${
                later === 0
                  ? "Nothing came after that."
                  : `${startText(countText(later, "message"))} since ${later === 1 ? "is" : "are"} yours alone.`
              }`
        }</span
      >
      <button
        type="button"
        class="link grave"
        aria-label="End it for ${whom}"
        ?disabled=${this.busy}
        @click=${this.#end(share)}
      >
        End
      </button>
    </li>`;
  }

  #form(to: PrincipalId, { messages }: ToRelease): TemplateResult {
    const { foreseen, until } = this;
    const name = nameText(to, this.people, null);
    const last = messages.at(-1)?.id;
    return html`<form
      class="release stacked"
      aria-labelledby="release-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.#cancel)}
    >
      <h3 id="release-form">Exactly this would leave</h3>
      <label
        >To whom<select class="field" name="to" @change=${this.#choose}>
          ${options(
            this.#others().map(({ id }) => [id, nameText(id, this.people, null)]),
            to,
          )}
        </select></label
      >
      ${
        foreseen === null
          ? this.busy
            ? html`<p class="quiet">Looking at what would leave…</p>`
            : nothing
          : html`${releaseFacts(foreseen, name)}
            ${releasedView(foreseen.messages, {
              now: this.now,
              me: this.me?.id ?? null,
              until: (id) => void this.#foresee(id),
            })}
            ${
              until === last || last === undefined
                ? nothing
                : html`<p class="quiet">
                    What came after stays yours.
                    <button type="button" class="link" @click=${() => void this.#foresee(last)}>Show all of it</button>
                  </p>`
            }`
      }
      ${problemView(this.problem, "release-problem")}
      <p class="quiet">
        ${startText(name)} reads this and writes nothing; what is said from here on stays yours. You can end it at any
        time, but what was read was read.
      </p>
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy || foreseen === null}>
          Show it to ${name}
        </button>
        <button type="button" class="button" @click=${this.#cancel}>Cancel</button>
      </div>
    </form>`;
  }

  #overview(shares: readonly Share[], what: ToRelease): TemplateResult {
    const others = this.#others();
    return html`<p class="sharing">
        ${icon(shares.length > 0 ? "people" : "lock")}<strong>${sharingText(shares, this.#known)}</strong>
      </p>
      <p class="good" role="status">${this.said}</p>
      ${
        shares.length === 0
          ? nothing
          : html`<ul class="entries" role="list" aria-label="Who reads it">
              ${shares.map((share) => this.#one(share, what))}
            </ul>`
      }
      ${problemView(this.problem, "release-problem")}
      ${
        !may(this.me, "shares.set")
          ? html`<p class="quiet">A viewer shares nothing.</p>`
          : others.length === 0
            ? html`<p class="quiet">Nobody else is here. “People” invites somebody.</p>`
            : html`<div class="choices">
                <button
                  type="button"
                  class="button release-it"
                  ?disabled=${this.busy || what.messages.length === 0}
                  @click=${this.#begin}
                >
                  ${icon("plus")}Show it to somebody…
                </button>
              </div>`
      }
      <p class="quiet">
        A conversation is shown to one person after another, as far as it goes now: to read, never to write in. You see
        what they would see before anybody does.
      </p>`;
  }

  protected override render(): TemplateResult {
    const { what, shares, to } = this;
    return this.sheet(
      "release-title",
      "Who reads this conversation",
      "who reads it",
      html`<section aria-labelledby="release-title">
        ${what === null || what.title === "" || to !== null ? nothing : html`<p class="quiet">“${honestText(what.title)}”</p>`}
        ${
          what === null || shares === null
            ? html`<p class="quiet">Loading…</p>
                ${problemView(this.problem, "release-problem")}`
            : to === null
              ? this.#overview(shares, what)
              : this.#form(to, what)
        }
      </section>`,
    );
  }
}
customElements.define("release-dialog", ReleaseDialog);
