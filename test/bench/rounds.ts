/**
 * Rounds of all subjects, alternating. A disturbed round is run again; a subject with too few quiet ones is left out.
 */
import type { Sample } from './samples.ts'
import { keyOf, type Subject } from './Subject.ts'

/** Rounds started for one that counts. */
export const attempts = 3

export interface Rounds {
  readonly samples: readonly Sample[]
  /** Rounds thrown away because the bare handler's cost drifted. */
  readonly disturbed: number
  /** Subjects of which fewer than half of the rounds were quiet. */
  readonly refused: readonly Subject[]
}

interface Plan {
  readonly title: string
  readonly subjects: readonly Subject[]
  readonly rounds: number
  /** A round in which the bare handler's cost moved by more than this part was disturbed. */
  readonly tolerance: number
  readonly one: (subject: Subject) => Promise<{ readonly samples: readonly Sample[]; readonly drift: number }>
  readonly progress: (text: string) => void
}

/** Each round begins with another subject. */
const turned = (subjects: readonly Subject[], round: number): readonly Subject[] => {
  const first = round % Math.max(subjects.length, 1)
  return [...subjects.slice(first), ...subjects.slice(0, first)]
}

export const inRounds = async ({ title, subjects, rounds, tolerance, one, progress }: Plan): Promise<Rounds> => {
  const quiet = new Map<Subject, (readonly Sample[])[]>(subjects.map((subject) => [subject, []]))
  let disturbed = 0
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of turned(subjects, round).entries()) {
      const lost = round - quiet.get(subject)!.length
      if (lost * 2 > rounds) continue // Refused whatever the other rounds say.
      for (let attempt = 1; attempt <= attempts; attempt++) {
        progress(`${title}, round ${round + 1} of ${rounds}, ${index + 1} of ${subjects.length}: ${keyOf(subject)}`)
        const outcome = await one(subject)
        if (outcome.drift <= tolerance) {
          quiet.get(subject)!.push(outcome.samples)
          break
        }
        disturbed++
        progress(`the bare handler's cost moved by ${Math.round(outcome.drift * 100)} %: round thrown away`)
      }
    }
  }
  const counts = [...quiet].filter(([, outcomes]) => outcomes.length * 2 >= rounds)
  return {
    samples: counts.flatMap(([, outcomes]) => outcomes.flat()),
    disturbed,
    refused: subjects.filter((subject) => !counts.some(([counted]) => counted === subject)),
  }
}
