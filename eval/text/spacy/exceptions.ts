/** @file The special cases of spaCy's English rules: chunks whose tokens are told. From spaCy 3.8.18 (MIT, see NOTICE). */

let cases: Map<string, readonly string[]> | undefined;

/** Chunk → tokens. */
export function specialCases(): ReadonlyMap<string, readonly string[]> {
  return (cases ??= build());
}

function build(): Map<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  const add = (...tokens: string[]): void => void all.set(tokens.join(""), tokens);
  for (const whole of words(String.raw`${WHOLE} ${EMOTICONS}`)) add(whole);
  for (const whole of [" ", "\t", "\n", "\u00a0", "\u2014"]) add(whole);
  // The second parenthesis is a full-width one.
  add("(╯°□°\uff09╯︵┻━┻");
  for (const tokens of ["y' all", "y all"]) add(...words(tokens));
  for (const letter of "abcdefghijklmnopqrstuvwxyzäöü") add(`${letter}.`);
  for (const scale of "cfkCFK") add("°", scale, ".");
  for (const cased of [lower, title]) addContractions((...tokens) => add(cased(tokens[0]!), ...tokens.slice(1)));
  for (const word of words("doin goin nothin nuthin ol somethin lovin havin"))
    for (const one of [word, title(word)]) for (const whole of [one, `${one}'`]) add(whole);
  for (let hour = 1; hour <= 12; hour++) for (const half of ["a.m.", "am", "p.m.", "pm"]) add(String(hour), half);
  for (const ambiguous of words("Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore")) all.delete(ambiguous);
  for (const [chunk, tokens] of all) if (chunk.includes("'")) add(...tokens.map((token) => token.replaceAll("'", "’")));
  return all;
}

/** Those whose first word may be capitalised; each also without its apostrophes. */
function addContractions(add: (...tokens: string[]) => void): void {
  const both = (word: string, ...rest: string[]): void => {
    add(word, ...rest);
    add(word, ...rest.map((part) => part.replaceAll("'", "")));
  };
  both("i", "'m");
  both("i", "'m", "a");
  for (const pronoun of words("i you he she it we they"))
    for (const rest of [["'ll"], ["'ll", "'ve"], ["'d"], ["'d", "'ve"]]) both(pronoun, ...rest);
  for (const pronoun of words("i you we they")) both(pronoun, "'ve");
  for (const pronoun of words("you we they")) both(pronoun, "'re");
  for (const pronoun of words("he she it")) both(pronoun, "'s");
  for (const word of words("who what when where why how there that this these those")) {
    if (word !== "these" && word !== "those") both(word, "'s");
    if (word !== "that" && word !== "this") for (const rest of ["'re", "'ve"]) both(word, rest);
    for (const rest of [["'ll"], ["'ll", "'ve"], ["'d"], ["'d", "'ve"]]) both(word, ...rest);
  }
  for (const verb of words("ca could do does did had may might must need ought sha should wo would"))
    for (const rest of [["n't"], ["n't", "'ve"]]) both(verb, ...rest);
  for (const verb of words("could might must should would")) both(verb, "'ve");
  for (const verb of words("ai are is was were have has dare")) both(verb, "n't");
  for (const tokens of ["not 've", "not ve", "can not", "gon na", "got ta", "let 's", "c'm on", "how 'd 'y"]) add(...words(tokens));
}

/** Not taken apart. */
const WHOLE = String.raw`
\t \n ' \") <space> '' C++ em 'em ll 'll nuff 'nuff 'S 's ‘S ‘s and/or w/o 're 'Cause 'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am
o'clock O'clock Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. Kan. Kans.
Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. Sep. Sept. Tenn. Va.
Wash. Wis. 'd a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs.
Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s.`;

const EMOTICONS = String.raw`
:) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( :-(( :((( :-((( ): )-: =(
>:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 :() >:o :* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D
:-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O
o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*) (¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\(ツ)/¯ ><(((*>`;

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function lower(word: string): string {
  return word;
}

function title(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
