/**
 * The other end of the media in a page of its own: answers each offer and sends a drawn face on every video slot and a soft
 * tone on every audio slot, so that the screens show what a session looks like.
 */

import type { Page } from "playwright-core";
import type { Publication, SlotView } from "../../src/protocol";

export async function answering(page: Page): Promise<(sdp: string) => Promise<string>> {
  await page.evaluate(() => {
    const faces = ["#7a5a3c", "#3c5f7a", "#6a3c7a", "#3c7a55"];
    const face = (index: number): MediaStreamTrack => {
      const canvas = document.createElement("canvas");
      canvas.width = 640;
      canvas.height = 360;
      const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
      let turn = 0;
      setInterval(() => {
        turn += 1;
        pen.fillStyle = "#cfc7b8";
        pen.fillRect(0, 0, 640, 360);
        pen.fillStyle = "#b3a892";
        pen.fillRect(430, 0, 120, 360);
        pen.fillStyle = faces[index % faces.length] ?? "#555";
        pen.beginPath();
        pen.ellipse(320, 370, 170, 150, 0, 0, 7);
        pen.fill();
        pen.fillStyle = "#e5c3a2";
        pen.beginPath();
        pen.ellipse(320 + Math.sin(turn / 9) * 6, 160, 70, 88, 0, 0, 7);
        pen.fill();
      }, 66);
      return canvas.captureStream(15).getVideoTracks()[0] as MediaStreamTrack;
    };
    const tone = (): MediaStreamTrack => {
      const context = new AudioContext();
      const oscillator = context.createOscillator();
      const end = context.createMediaStreamDestination();
      oscillator.connect(end);
      oscillator.start();
      return end.stream.getAudioTracks()[0] as MediaStreamTrack;
    };
    const answer = async (sdp: string): Promise<string> => {
      const peer = new RTCPeerConnection();
      await peer.setRemoteDescription({ type: "offer", sdp });
      // Drawing and coding are dear without a graphics card: two of each kind are enough to look at.
      const left = { video: 2, audio: 2 };
      for (const transceiver of peer.getTransceivers()) {
        const wants = sdp
          .split("m=")
          .find((part) => part.includes(`a=mid:${transceiver.mid}\r`))
          ?.includes("recvonly");
        if (!wants) continue;
        transceiver.direction = "sendonly";
        const kind = transceiver.receiver.track.kind === "video" ? "video" : "audio";
        left[kind] -= 1;
        if (left[kind] >= 0) await transceiver.sender.replaceTrack(kind === "video" ? face(left.video) : tone());
      }
      await peer.setLocalDescription();
      if (peer.iceGatheringState !== "complete") {
        await new Promise((done) => peer.addEventListener("icecandidate", (event) => !event.candidate && done(null)));
      }
      return peer.localDescription?.sdp ?? "";
    };
    Object.assign(window, { answer });
  });
  return (sdp) =>
    page.evaluate(
      (offered) => (window as unknown as { answer: (sdp: string) => Promise<string> }).answer(offered),
      sdp,
    );
}

/** Fills an offer's receive slots with these publications, kind by kind. */
export function slotsOf(sdp: string, publications: Publication[]): SlotView[] {
  const sections = sdp.split(/^m=/m).slice(1);
  const slots = sections
    .filter((section) => section.includes("a=recvonly"))
    .map((section) => ({
      mid: /a=mid:(\S+)/.exec(section)?.[1] ?? "",
      isAudio: section.startsWith("audio"),
    }));
  const left = [...publications];
  return slots.map(({ mid, isAudio }) => {
    const index = left.findIndex(({ source }) => (source === "microphone") === isAudio);
    return { mid, publication: index < 0 ? null : (left.splice(index, 1)[0] ?? null) };
  });
}
