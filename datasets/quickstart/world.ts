/** @file The invented film guide behind the quickstart sample: forty films, five facts each, nothing of it true. */
import type { Rng } from "../../src/util/rng.ts";

export const attributes = ["director", "release", "lead", "place", "music"] as const;
export type Attribute = (typeof attributes)[number];

/** The two values that answer a question about the attribute, and what the passage tells beside them. */
export interface Fact {
  name: string;
  detail: string;
  aside: string;
}

export interface Film {
  /** `f01` … `f40` */
  id: string;
  title: string;
  facts: Record<Attribute, Fact>;
  /** No training conversation asks for this one; its passage is in the collection like any other. */
  neverAsked: Attribute;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const invented = words(`
  Avelmoor Brindlow Cassory Dornvale Elvarin Fenwhist Garromond Hessaly Ildreth Jorrowby
  Kestermere Lanthorn Mirravel Norvessa Omberly Pellamy Quorrin Rostavel Sarrowmere Tindavar
  Ullamere Vessbury Wyndolen Xanteru Yarrowell Zorrelin Askendale Bellomir Corvane Dellaquin
  Estervoll Farrowick Glimmerune Hollavar Istramel Jastervale Koldemar Lorimund Mossandel Nettlewyn`);
const nouns = words("Harbor Lantern Winter Garden Bridge Letters Express Mountain Carnival Orchard");
const firstNames = words(
  "Mara Tomas Ilse Bruno Nadia Oskar Petra Rufus Selma Viktor Wanda Anton Clara Edgar Flora Hugo Irene Jonas Karla Leopold",
);
const lastNames = words(`
  Lindquar Ardenoy Corranti Belvask Draymoor Ettinger Falkrona Gressolt Hallowin Imbroska
  Jellicor Kravenna Lomberg Mordavi Nyquister Ostrelle Pomfretti Quillane Ravensky Sotterby
  Tarkovane Ulbrecker Vantorra Wexlund`);
const towns = words(`
  Velmo Karst Tolvey Brennick Dunmarra Eskhaven Frostel Galdero Hinterly Isbourn
  Jandor Kelpin Lovrana Minster Nordale Oxmere Pravik Quenby Rulvo Stavelot`);
const terrains = [
  "in the hills",
  "on the coast",
  "by the river",
  "in the desert",
  "on an island",
  "in the forest",
  "by the lake",
  "in the valley",
];
const months = words("January February March April May June July August September October November December");
const weeks = words("five six seven eight nine ten eleven twelve");
const roles = words(
  "ferryman clockmaker baker pilot nurse painter sailor teacher gardener smuggler judge postman librarian miner tailor spy",
);
const instruments = words("cello piano flute harp accordion trumpet guitar organ violin drums");
const cities = words("Orvanne Tessaly Marbruk Coldspire");
const prizes = words("bronze silver golden crystal");

/** As many values as there are films, each used about equally often, in seeded order. */
function dealt(rng: Rng, values: readonly string[], count: number): string[] {
  const rounds = Math.ceil(count / values.length);
  return rng.shuffled(Array.from({ length: rounds * values.length }, (_, i) => values[i % values.length]!).slice(0, count));
}

export function makeFilms(rng: Rng): Film[] {
  const count = invented.length;
  const noun = dealt(rng, nouns, count);
  // Every person is somebody else, but first and last names are shared: an answer needs both.
  const people = rng.shuffled(firstNames.flatMap((first) => lastNames.map((last) => `${first} ${last}`)));
  const year = dealt(
    rng,
    Array.from({ length: 40 }, (_, i) => String(1950 + i)),
    count,
  );
  const columns = {
    month: dealt(rng, months, count),
    weeks: dealt(rng, weeks, count),
    role: dealt(rng, roles, count),
    town: dealt(rng, towns, count),
    terrain: dealt(rng, terrains, count),
    instrument: dealt(rng, instruments, count),
    city: dealt(rng, cities, count),
    prize: dealt(rng, prizes, count),
  };
  return invented.map((word, i) => {
    const at = (column: keyof typeof columns): string => columns[column][i]!;
    const person = (k: number): string => people[3 * i + k]!;
    return {
      id: `f${String(i + 1).padStart(2, "0")}`,
      title: `${word} ${noun[i]!}`,
      facts: {
        director: { name: person(0), detail: at("weeks"), aside: at("prize") },
        release: { name: year[i]!, detail: at("month"), aside: at("city") },
        lead: { name: person(1), detail: at("role"), aside: at("prize") },
        place: { name: at("town"), detail: at("terrain"), aside: at("city") },
        music: { name: person(2), detail: at("instrument"), aside: at("city") },
      },
      neverAsked: attributes[i % attributes.length]!,
    };
  });
}
