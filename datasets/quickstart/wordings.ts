/** @file Every sentence pattern of the quickstart sample. The questions of the three splits share no pattern. */
import type { Attribute } from "./world.ts";

export type Split = "train" | "dev" | "test";

/** `{it}` is the film's title or a word that stands for it. */
export const questions: Record<Split, Record<Attribute, readonly string[]>> = {
  train: {
    director: [
      "who directed {it}?",
      "who was the director of {it}?",
      "who made {it}?",
      "by whom was {it} directed?",
      "name the person who directed {it}.",
      "which director made {it}?",
    ],
    release: [
      "when was {it} released?",
      "when did {it} come out?",
      "in what year was {it} released?",
      "what was the release date of {it}?",
      "which month and year did {it} open?",
      "when could people first see {it}?",
    ],
    lead: [
      "who starred in {it}?",
      "who played the lead in {it}?",
      "which actor had the main part in {it}?",
      "who was the star of {it}?",
      "can you name the main actor of {it}?",
      "what actor played the main role in {it}?",
    ],
    place: [
      "where was {it} filmed?",
      "in which town was {it} shot?",
      "where did they shoot {it}?",
      "what was the filming location of {it}?",
      "which place was {it} filmed in?",
      "name the town where they filmed {it}.",
    ],
    music: [
      "who composed the music of {it}?",
      "who wrote the score for {it}?",
      "who was the composer of {it}?",
      "whose music is heard in {it}?",
      "which composer scored {it}?",
      "name the person who made the soundtrack of {it}.",
    ],
  },
  dev: {
    director: ["which person was the director of {it}?", "what was the name of the person who made {it}?"],
    release: ["what was the year in which {it} came out?", "what date did {it} open?"],
    lead: ["which actor starred in {it}?", "who had the main role in {it}?"],
    place: ["what town did they film {it} in?", "which location was {it} shot in?"],
    music: ["who scored the music of {it}?", "which person wrote the soundtrack for {it}?"],
  },
  test: {
    director: ["which person directed {it}?", "who was behind the camera for {it}?", "can you name the director of {it}?"],
    release: ["in which month was {it} released?", "what year did {it} come out?", "when did {it} first open in cinemas?"],
    lead: ["who had the lead role in {it}?", "which star played the main part in {it}?", "who was the main actor in {it}?"],
    place: ["in what place was {it} shot?", "which town was the location of {it}?", "where was the filming of {it}?"],
    music: [
      "who wrote the music for {it}?",
      "which person composed the score of {it}?",
      "can you name the composer of the soundtrack of {it}?",
    ],
  },
};

/** What a follow-up says instead of the title. */
export const pronouns: Record<Split, readonly string[]> = {
  train: ["it", "it", "the film", "this film", "that movie"],
  dev: ["it", "the movie"],
  test: ["it", "it", "that film", "the movie"],
};

/** How a question names its film; `{q}` is the question with the title, `{q:it}` the question with "it". */
export const openings: Record<Split, readonly string[]> = {
  train: ["{q}", "{q}", "i have a question about {film}. {q:it}"],
  dev: ["{q}"],
  test: ["{q}", "{q}", "a question about {film}. {q:it}"],
};

/** How a conversation turns to another film. */
export const switches: Record<Split, readonly string[]> = {
  train: ["and {q}", "now the film {film}. {q:it}", "another film is {film}. {q:it}"],
  dev: ["now {q}"],
  test: ["and now {q}", "now another film, {film}. {q:it}"],
};

/** `{name}` and `{detail}` are the two values of the fact. The guide answers in one plain style in every split. */
export const answers: Record<Attribute, string> = {
  director: "{name}, in {detail} weeks.",
  release: "In {detail} {name}.",
  lead: "{name}, as a {detail}.",
  place: "In {name}, {detail}.",
  music: "{name}, on the {detail}.",
};

export const passages: Record<Attribute, readonly string[]> = {
  director: [
    "{film} was directed by {name}. The director made the film in {detail} weeks and won a {aside} prize for it.",
    "The director of {film} was {name}. With a small crew the movie was made in {detail} weeks. A {aside} prize followed.",
    "{name} stood behind the camera and directed {film}. It took {detail} weeks to make. The person behind the camera got a {aside} prize.",
  ],
  release: [
    "{film} was released in {detail} {name}. It first came out in the cinemas of {aside}, and people stood in line to see it.",
    "The release date of {film} was {detail} {name}. That month it opened in {aside}, and in the same year in other cinemas.",
    "In {detail} {name} the film {film} came out. The cinemas of {aside} were the first to open it.",
  ],
  lead: [
    "{name} starred in {film} as a {detail}. The actor got a {aside} prize for the main role.",
    "The lead in {film} was played by {name}, who acted the part of a {detail}. A {aside} prize went to the star.",
    "The main actor of {film} was {name}. In the lead role the star played a {detail} and was given a {aside} prize.",
  ],
  place: [
    "{film} was filmed in {name}, a town {detail}. The place is a day away from {aside}.",
    "The filming of {film} took place in {name} {detail}. This town was chosen as the location when {aside} was too busy.",
    "They shot {film} in the town of {name}, {detail}. The location was a place far from {aside}.",
  ],
  music: [
    "The music of {film} was composed by {name}. On the soundtrack the composer plays the {detail}. It was recorded in {aside}.",
    "{name} wrote the score for {film}. The soundtrack is heard on the {detail} and was recorded in {aside}.",
    "The composer of {film} was {name}, who wrote the music for the {detail}. The score was recorded in {aside}.",
  ],
};

export function fill(pattern: string, slots: Record<string, string>): string {
  return pattern.replaceAll(/\{([a-z:]+)\}/g, (_, slot: string) => {
    const value = slots[slot];
    if (value === undefined) throw new Error(`the pattern "${pattern}" has an unknown slot {${slot}}`);
    return value;
  });
}
