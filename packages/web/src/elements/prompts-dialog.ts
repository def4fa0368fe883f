import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Person, Prompt } from "@moltbot/contracts";
import { problemView } from "../views/problem.ts";
import { PromptList } from "./prompt-list.ts";
import { SharingPage } from "./sharing-page.ts";

/** The prompts of a person and those of others: kept, changed, shared, and put before a message. */
export class PromptsDialog extends SharingPage {
  static override properties = {
    mayUse: { attribute: false },
    // Declared, because the page hands them over before this element is loaded.
    use: { attribute: false },
    share: { attribute: false },
    prompts: { state: true },
  };
  /** Whether there is a message to begin. */
  declare mayUse: boolean;
  /** Null while they are loaded. */
  declare prompts: readonly Prompt[] | null;
  /** Called to begin a message with one; `people` are those that its words may be of. */
  declare use: (prompt: Prompt, people: readonly Person[]) => void;
  /** Called to show whom one is shared with. */
  declare share: (prompt: Prompt) => void;

  constructor() {
    super();
    this.mayUse = false;
    this.use = () => undefined;
    this.share = () => undefined;
    this.prompts = null;
  }

  /** Loads the prompts, and who shares them. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const loaded = async (): Promise<void> => {
      this.prompts = this.taken(await call("prompts.list", {}), this.prompts);
    };
    await Promise.all([loaded(), this.loadSharing(call)]);
  }

  protected override closed(): void {
    for (const list of this.querySelectorAll("prompt-list")) if (list instanceof PromptList) list.reset();
  }

  readonly #use = (prompt: Prompt): void => {
    this.close();
    this.use(prompt, this.people);
  };

  #list(prompts: readonly Prompt[] | null, mine: boolean): TemplateResult {
    return html`<prompt-list
      .call=${this.call}
      .me=${this.me}
      .people=${this.people}
      .teams=${this.teams}
      .shares=${this.shares}
      .prompts=${prompts}
      .mine=${mine}
      .mayUse=${this.mayUse}
      .use=${this.#use}
      .share=${this.share}
      .changed=${() => void this.load()}
    ></prompt-list>`;
  }

  protected override render(): TemplateResult {
    const { prompts, me } = this;
    const others = prompts?.filter(({ ownerId }) => ownerId !== me?.id) ?? [];
    return this.sheet(
      "prompts-title",
      "Prompts",
      "prompts",
      html`<p>
          Texts to begin messages with. Yours count as your words. Those of others go along as a quote: the assistant
          reads them, and never takes them for your wish.
        </p>
        ${problemView(this.problem, "prompts-problem")}
        <section aria-labelledby="prompts-mine">
          <h3 id="prompts-mine">Yours</h3>
          ${this.#list(prompts?.filter(({ ownerId }) => ownerId === me?.id) ?? null, true)}
        </section>
        ${
          others.length === 0
            ? nothing
            : html`<section aria-labelledby="prompts-others">
                <h3 id="prompts-others">Shared with you</h3>
                ${this.#list(others, false)}
              </section>`
        }`,
    );
  }
}
customElements.define("prompts-dialog", PromptsDialog);
