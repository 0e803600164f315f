/**
 * ```ts
 * openTelemetry: ({ meter }) => (event: Event | StoreCalled) => void
 * ```
 * Turns events and observed store calls into OpenTelemetry metrics: an observer for `sessionManager` and `observed`.
 *
 * Laws:
 * 1. Every instrument is created once, when the observer is made.
 * 2. No attribute holds an id, a subject, a message or a cause: each has few values.
 *
 * @since 0.1.0
 */
import type { Event } from '../core/Event.ts'
import type { StoreCalled } from '../effects/combinators/observed.ts'

/** The labels of one measurement. */
export type MetricAttributes = Record<string, string | number | boolean>

/** What is used of an OpenTelemetry counter. */
export interface CounterLike {
  readonly add: (value: number, attributes?: MetricAttributes) => void
}

/** What is used of an OpenTelemetry histogram. */
export interface HistogramLike {
  readonly record: (value: number, attributes?: MetricAttributes) => void
}

/** What is used of an OpenTelemetry `Meter`. */
export interface MeterLike {
  createCounter(name: string, options?: { description?: string; unit?: string }): CounterLike
  createHistogram(name: string, options?: { description?: string; unit?: string }): HistogramLike
}

/** Where the metrics go. */
export interface OpenTelemetryOptions {
  /** `metrics.getMeter('coatcheck')` of `@opentelemetry/api`. */
  readonly meter: MeterLike
}

/** Makes the observer. Durations are in seconds. */
export const openTelemetry = ({ meter }: OpenTelemetryOptions): ((event: Event | StoreCalled) => void) => {
  const counter = (name: string, unit: string, description: string): CounterLike =>
    meter.createCounter(`coatcheck.${name}`, { unit, description })
  const seconds = (name: string, description: string): HistogramLike =>
    meter.createHistogram(`coatcheck.${name}`, { unit: 's', description })
  const created = counter('session.created', '{session}', 'Sessions stored for the first time.')
  const loaded = counter('session.loaded', '{session}', 'Live sessions loaded and admitted.')
  const committed = counter('session.committed', '{commit}', 'Commits stored.')
  const replayed = counter('session.replayed', '{replay}', 'Changes applied again to a newer record.')
  const renewed = counter('session.renewed', '{secret}', 'Secrets renewed by age.')
  const rotated = counter('session.rotated', '{secret}', 'Secrets replaced by signIn, signOut or regenerate.')
  const signedIn = counter('session.signed_in', '{sign_in}', 'Subjects signed in.')
  const signedOut = counter('session.signed_out', '{sign_out}', 'Subjects signed out.')
  const ended = counter('session.ended', '{session}', 'Sessions ended.')
  const expired = counter('session.expired', '{session}', 'Sessions met past a deadline.')
  const rejected = counter('session.rejected', '{cookie}', 'Cookies not accepted.')
  const reused = counter('session.token_reused', '{cookie}', 'Renewed secrets presented after the grace.')
  const dropped = counter('session.dropped', '{update}', 'Recorded updates not stored.')
  const waited = seconds('session.lock.wait', 'Time that requests waited for a lease.')
  const swept = counter('session.swept', '{session}', 'Dead records removed.')
  const failed = counter('store.failed', '{call}', 'Store calls failed.')
  const warned = counter('warning', '{warning}', 'Warnings for a developer.')
  const called = seconds('store.call.duration', 'Duration of store calls.')
  return (event) => {
    switch (event._tag) {
      case 'created':
        return created.add(1)
      case 'loaded':
        return loaded.add(1)
      case 'committed':
        return committed.add(1)
      case 'replayed':
        return replayed.add(1)
      case 'renewed':
        return renewed.add(1)
      case 'rotated':
        return rotated.add(1)
      case 'signed-in':
        return signedIn.add(1, { 'coatcheck.replaced': event.replaced !== undefined })
      case 'signed-out':
        return signedOut.add(1)
      case 'ended':
        return ended.add(1, { 'coatcheck.by': event.by })
      case 'expired':
        return expired.add(1, { 'coatcheck.deadline': event.deadline })
      case 'rejected':
        return rejected.add(1, { 'coatcheck.reason': event.reason })
      case 'token-reused':
        return reused.add(1)
      case 'dropped':
        return dropped.add(event.updates, { 'coatcheck.reason': event.reason })
      case 'lock-waited':
        return waited.record(event.waited / 1_000)
      case 'swept':
        return swept.add(event.removed)
      case 'store-failed':
        return failed.add(1, { 'coatcheck.operation': event.operation, 'coatcheck.fatal': event.fatal })
      case 'warned':
        return warned.add(1)
      case 'store-called':
        return called.record(event.ms / 1_000, {
          'coatcheck.operation': event.operation,
          'coatcheck.outcome': event.outcome,
        })
    }
  }
}
