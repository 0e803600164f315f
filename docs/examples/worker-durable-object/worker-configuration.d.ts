/* eslint-disable no-restricted-syntax -- it is how the platform's types are made to grow */
import type { SessionNamespace } from 'coatcheck/stores/durable-object'

declare global {
  namespace Cloudflare {
    interface Env {
      readonly SESSIONS: SessionNamespace
    }
  }
}
