import type { Clock } from '../client/clock';
import { BackOff, LOOK_EVERY_MS, SOON_MS } from './back-off';
import { findImage } from './containers/images';
import { imageReference } from './image-reference';

/**
 * The images of a node: what has been pulled, and how long to leave alone what could not be. A pull finds what midplane
 * has built in; there is no registry behind it. Source: pkg/kubelet/images/image_manager.go (EnsureImageExists).
 */
export type ImageOutcome =
  | { readonly kind: 'present' }
  | { readonly kind: 'pulled'; readonly tookMs: number; readonly sizeBytes: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string; readonly retryMs: number };

export interface ImageWanted {
  readonly podUid: string;
  readonly image: string;
  readonly pullPolicy: string;
  /** Told right before a pull begins. */
  readonly onPull: () => void;
}

export class ImageStore {
  readonly #clock: Clock;
  readonly #pulled = new Map<string, { readonly sizeBytes: number }>();
  readonly #backOff = new BackOff();
  readonly #problems = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As `status.images` of a Node lists them. */
  get list(): { readonly names: string[]; readonly sizeBytes: number }[] {
    return [...this.#pulled].map(([name, { sizeBytes }]) => ({ names: [name], sizeBytes }));
  }

  ensure({ podUid, image, pullPolicy, onPull }: ImageWanted): ImageOutcome {
    const name = imageReference(image);
    if (name === null) {
      const message = `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: invalid reference format`;
      return { kind: 'refused', reason: 'InvalidImageName', message, retryMs: LOOK_EVERY_MS };
    }
    const present = this.#pulled.has(name);
    if (present && pullPolicy !== 'Always') return { kind: 'present' };
    if (pullPolicy === 'Never') {
      const message = `Container image ${JSON.stringify(image)} is not present with pull policy of Never`;
      return { kind: 'refused', reason: 'ErrImageNeverPull', message, retryMs: LOOK_EVERY_MS };
    }
    return this.#pull(`${podUid}_${image}`, image, name, onPull);
  }

  #pull(key: string, image: string, name: string, onPull: () => void): ImageOutcome {
    const now = this.#clock.now();
    const updatedAt = this.#backOff.updatedAt(key);
    const waitMs = updatedAt === null ? 0 : this.#backOff.remainingMs(key, updatedAt, now);
    if (waitMs > 0) {
      const message = `Back-off pulling image ${JSON.stringify(image)}: ErrImagePull: ${this.#problems.get(key)}`;
      return {
        kind: 'refused',
        reason: 'ImagePullBackOff',
        message,
        retryMs: Math.min(waitMs, LOOK_EVERY_MS),
      };
    }
    onPull();
    const found = findImage(image);
    if (found === null) {
      this.#backOff.next(key, now, now);
      const message = `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
      this.#problems.set(key, message);
      return { kind: 'refused', reason: 'ErrImagePull', message, retryMs: SOON_MS };
    }
    const sizeBytes = 'sizeBytes' in found && typeof found.sizeBytes === 'number' ? found.sizeBytes : 0;
    this.#pulled.set(name, { sizeBytes });
    const tookMs = this.#clock.now().getTime() - now.getTime();
    return { kind: 'pulled', tookMs, sizeBytes };
  }
}
