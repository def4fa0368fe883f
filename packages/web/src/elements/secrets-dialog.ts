import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { SecretInfo } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { problemView } from "../views/problem.ts";
import type { SecretsOf } from "./secret-list.ts";
import { SecretList } from "./secret-list.ts";
import { SharingPage } from "./sharing-page.ts";

/** The secrets of a person, those that others let them use, and for an admin the names of the house's. */
export class SecretsDialog extends SharingPage {
  static override properties = {
    // Declared, because the page hands it over before this element is loaded.
    share: { attribute: false },
    secrets: { state: true },
  };
  /** Null while they are loaded. */
  declare secrets: readonly SecretInfo[] | null;
  /** Called to show whom one is shared with. */
  declare share: (secret: SecretInfo) => void;

  constructor() {
    super();
    this.share = () => undefined;
    this.secrets = null;
  }

  /** Loads what may be known of the secrets. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const loaded = async (): Promise<void> => {
      this.secrets = this.taken(await call("secrets.list", {}), this.secrets);
    };
    await Promise.all([loaded(), this.loadSharing(call)]);
  }

  protected override closed(): void {
    for (const list of this.querySelectorAll("secret-list")) if (list instanceof SecretList) list.reset();
  }

  #list(of: SecretsOf, secrets: readonly SecretInfo[] | null, mayChange: boolean): TemplateResult {
    return html`<secret-list
      .now=${this.now}
      .call=${this.call}
      .of=${of}
      .people=${this.people}
      .teams=${this.teams}
      .shares=${this.shares}
      .secrets=${secrets}
      .mayChange=${mayChange}
      .share=${of === "me" && may(this.me, "shares.set") ? this.share : null}
      .changed=${() => void this.load()}
    ></secret-list>`;
  }

  protected override render(): TemplateResult {
    const { secrets, me } = this;
    const others = secrets?.filter(({ ownerId }) => ownerId !== null && ownerId !== me?.id) ?? [];
    const house = secrets?.filter(({ ownerId }) => ownerId === null) ?? [];
    return this.sheet(
      "secrets-title",
      "Secrets",
      "secrets",
      html`<p>
          A key or a password that the gateway puts on the wire for you, at the hosts you name. Nobody sees a value
          again: no agent, no other person, not you.
        </p>
        ${problemView(this.problem, "secrets-problem")}
        <section aria-labelledby="secrets-mine">
          <h3 id="secrets-mine">Yours</h3>
          ${this.#list("me", secrets?.filter(({ ownerId }) => ownerId === me?.id) ?? null, may(me, "secrets.set"))}
        </section>
        ${
          others.length === 0
            ? nothing
            : html`<section aria-labelledby="secrets-others">
                <h3 id="secrets-others">Shared with you</h3>
                ${this.#list("others", others, may(me, "secrets.set"))}
                <p class="quiet">
                  You may use these at their hosts. A new value, or removing one, needs a right that its owner gave you.
                </p>
              </section>`
        }
        ${
          house.length === 0
            ? nothing
            : html`<section aria-labelledby="secrets-house">
                <h3 id="secrets-house">The house’s</h3>
                ${this.#list("house", house, false)}
                <p class="quiet">
                  ${
                    may(me, "vault.status")
                      ? "You change these under “Keys and backups”."
                      : "The owner keeps these; they are lent to the house’s own models and channels."
                  }
                </p>
              </section>`
        }`,
    );
  }
}
customElements.define("secrets-dialog", SecretsDialog);
