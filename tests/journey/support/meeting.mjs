/** A session with everybody inside, for journeys that begin there. */

import { Person } from "./people.mjs";

export class Meeting {
  static async open(accord, browser, reference, { observer = false, options = {} } = {}) {
    const room = Object.entries(await accord.rooms()).find(([name]) => name.startsWith(reference))[1];
    const links = (role) => room.links.filter((link) => link.role === role);
    const meeting = new Meeting();
    meeting.room = room;
    meeting.links = links;
    const [first, second] = links("party");
    const arrive = async (link) => {
      const person = await Person.arrive(browser, link, options);
      await person.enter();
      return person;
    };
    meeting.mediator = await arrive(links("presiding_mediator")[0]);
    await meeting.mediator.sees("room");
    await meeting.mediator.opens("steer");
    meeting.a = await arrive(first);
    await meeting.admit(meeting.a);
    meeting.b = await arrive(second);
    await meeting.admit(meeting.b);
    if (observer) {
      meeting.observer = await arrive(links("observer")[0]);
      for (const party of [meeting.a, meeting.b]) {
        await party.does("observer-yes");
        await party.waits(() => party.view().observers[0]?.your_answer === true, "the answer on record");
      }
      await meeting.mediator.waits(() => meeting.mediator.view().waiting[0]?.admissible, "both consents");
      await meeting.admit(meeting.observer);
    }
    for (const one of [meeting.mediator, meeting.a, meeting.b]) {
      await one.waits(() => one.view().you.camera_on && one.view().you.microphone_on, "camera and microphone on");
    }
    return meeting;
  }

  async admit(person) {
    const { mediator } = this;
    await mediator.waits(() => mediator.id(person.name), `${person.name} at the door`);
    await mediator.does(`admit-${mediator.id(person.name)}`);
    await person.sees("room");
  }
}
