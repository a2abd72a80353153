/** @file Chat templates: rendered as transformers does, data never becomes markup. */
import { describe, expect, it } from "vitest";
import { ChatTemplate, sentinel, type TemplatePiece } from "../../src/text/chat-template.ts";

const user = { role: "user", filled: true } as const;
const render = (source: string, messages: { role: "user" | "assistant"; filled: boolean }[] = [user]) =>
  new ChatTemplate({ source, bosToken: "<s>", eosToken: "</s>" }).render(messages, { generationPrompt: false });
const shown = (pieces: TemplatePiece[]) => pieces.map((piece) => ("slot" in piece ? `{${piece.slot}}` : piece.text)).join("");

describe("a chat template", () => {
  it("gets a fixed clock", () => {
    expect(shown(render("{{ strftime_now('%d %b %Y') }} {{ messages[0].content }}"))).toBe("26 Jul 2024 {0}");
    expect(
      shown(
        render("{% macro f() %}{{ strftime_now('%Y-%m-%d') }}{% endmacro %}{% for m in messages %}{{ f() }}{{ m.content }}{% endfor %}"),
      ),
    ).toBe("2024-07-26{0}");
  });

  it("keeps its own white space at the start", () => {
    expect(shown(render("\n  {{ bos_token }}{{ messages[0].content }}"))).toBe("\n  <s>{0}");
    expect(shown(render("  {% if true %}\n{{ messages[0].content }}{% endif %}"))).toBe("{0}");
  });

  it("may trim or take apart contents: there is nothing in them to trim or to find", () => {
    expect(shown(render("{{ messages[0].content | trim }}!"))).toBe("{0}!");
    expect(shown(render("{{ messages[0].content.split('</think>')[-1].lstrip('\\n') }}!"))).toBe("{0}!");
  });

  it.each([
    ["repeats a content", "{{ messages[0].content }}{{ messages[0].content }}"],
    ["drops a content", "hello"],
    ["alters a content", "{{ messages[0].content[1:] }}"],
    ["reverses the turns", "{{ messages[1].content }}{{ messages[0].content }}"],
  ])("that %s is refused", (_what, source) => {
    expect(() => render(source, [user, { role: "assistant", filled: true }])).toThrow(/expected once, in order/);
  });

  it("that refuses the turns, or does not parse, says why", () => {
    expect(() => render("{{ raise_exception('roles must alternate') }}")).toThrow(/refuses user: roles must alternate/);
    expect(() => render("{% for %}")).toThrow(/does not parse/);
  });

  it("sees neither turns nor contents of the data: sentinels only", () => {
    expect(shown(render("{% if messages[0].content is string %}s{% endif %}{{ messages[0].content }}"))).toBe("s{0}");
    expect(sentinel(12)).toContain("12");
  });
});
