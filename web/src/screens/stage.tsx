/** Who is here: a tile for everybody in one's own place, oneself included, and for every shared screen. */

import { Icon } from "../parts/icons";
import { Name, RoleTag } from "../parts/name";
import { useSession } from "../parts/session";
import { Picture } from "../parts/track";
import type { InsideView, PersonView } from "../protocol";
import { peopleHere } from "../room/selectors";
import { isolate } from "../text/isolate";
import { words } from "../text/language";

export function Stage({ view }: { view: InsideView }) {
  const { media } = useSession();
  const people = peopleHere(view);
  const sharing = people.filter(
    ({ id, screen_on }) => screen_on && (id !== view.you.id || media.publishing.now.value.screen),
  );
  return (
    <section class="stage" aria-label={words.value.people.here} data-place={view.place.kind}>
      {sharing.map((person) => (
        <ScreenTile key={`screen ${person.id}`} view={view} person={person} />
      ))}
      <ul class="tiles" data-count={people.length} data-sharing={sharing.length > 0}>
        {people.map((person) => (
          <Tile key={person.id} view={view} person={person} />
        ))}
      </ul>
    </section>
  );
}

function Tile({ view, person }: { view: InsideView; person: PersonView }) {
  const { media } = useSession();
  const t = words.value;
  const { id, name, role, connected } = person;
  const isYou = id === view.you.id;
  // One's own switches as they are obeyed here: "off" shows at once, "on" once the view says so.
  const own = media.publishing.now.value;
  const isMicrophoneOn = isYou ? own.microphone : person.microphone_on === true;
  const isCameraOn = isYou ? own.camera : person.camera_on === true;
  const track = !isCameraOn ? null : isYou ? media.camera.track.value : media.trackOf(id, "camera");
  const isSpeaking = isMicrophoneOn && media.speaker.value === id;
  const canSpeak = role !== "observer";
  return (
    <li
      class="tile"
      data-testid={`tile-${id}`}
      data-name={name}
      data-role={role}
      data-you={isYou}
      data-speaking={isSpeaking}
      data-connected={connected}
      data-microphone={isMicrophoneOn}
      data-camera={isCameraOn}
    >
      {track ? (
        <Picture track={track} testid={`video-${id}`} label={name} isMirrored={isYou} />
      ) : (
        <Placeholder name={name} isComing={isCameraOn && connected} isObserver={!canSpeak} />
      )}
      {!connected && !isYou && <p class="tile-lost">{t.tile.disconnected}</p>}
      {person.hand_raised && (
        <span class="tile-hand" data-testid={`hand-${id}`}>
          <Icon name="hand" />
          {t.tile.handRaised}
        </span>
      )}
      <div class="tile-caption">
        <Name name={name} isYou={isYou} />
        <RoleTag role={role} />
        {canSpeak && (
          <span class="tile-microphone" data-on={isMicrophoneOn}>
            <Icon name={isMicrophoneOn ? "microphone" : "microphoneOff"} />
            <span class="hidden-words">
              {isSpeaking ? t.tile.speaking : isMicrophoneOn ? t.tile.microphoneOn : t.tile.microphoneOff}
            </span>
          </span>
        )}
      </div>
    </li>
  );
}

function Placeholder({ name, isComing, isObserver }: { name: string; isComing: boolean; isObserver: boolean }) {
  const t = words.value;
  return (
    <div class="placeholder">
      <span class="initial" aria-hidden="true">
        {isObserver ? <Icon name="eye" /> : <bdi>{initialOf(name)}</bdi>}
      </span>
      {!isObserver && <span class="placeholder-words">{isComing ? t.tile.arriving : t.tile.cameraOff}</span>}
    </div>
  );
}

function ScreenTile({ view, person }: { view: InsideView; person: PersonView }) {
  const { media } = useSession();
  const t = words.value;
  const isYou = person.id === view.you.id;
  const track = isYou ? media.screen.value : media.trackOf(person.id, "screen");
  const label = t.tile.screenOf(isolate(person.name));
  return (
    <figure class="shared-screen" data-testid={`screen-${person.id}`}>
      {track ? (
        <Picture track={track} testid={`screen-video-${person.id}`} label={label} isWhole />
      ) : (
        <div class="placeholder">{t.tile.arriving}</div>
      )}
      <figcaption>{label}</figcaption>
    </figure>
  );
}

/** Chinese names are known by their family name, which stands first; others by their first letter. */
function initialOf(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? "?";
}
