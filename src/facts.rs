//! The case as papers name it: the charter in the agreement's words. The first party is the applicant, the others are
//! respondents, as the case service listed them.

use accord_agreement::facts::{CaseFacts, Claim, Party, Representative, Standing};
use accord_room::{Authority, Charter, Expected, Identity, Person, Role};

/// The facts of a charter.
pub fn facts(charter: &Charter) -> CaseFacts {
    let of_role = |role| charter.people.iter().filter(move |person| person.role == role);
    let parties = of_role(Role::Party)
        .enumerate()
        .map(|(index, person)| Party {
            name: person.name.clone(),
            standing: if index == 0 { Standing::Applicant } else { Standing::Respondent },
            identity: identity(&person.identity),
            address: None,
            representative: of_role(Role::Representative)
                .find(|representative| representative.speaks_for == Some(person.id))
                .map(representative),
        })
        .collect();
    CaseFacts {
        case_numbers: charter.case_numbers.clone(),
        cause: charter.cause.clone(),
        organisation: charter.organisation.clone(),
        court: charter.court.clone(),
        mediator: of_role(Role::PresidingMediator).map(|person| person.name.clone()).collect(),
        parties,
        claims: charter
            .claims
            .iter()
            .map(|claim| Claim { text: claim.text.clone(), case_number: claim.case_number.clone() })
            .collect(),
    }
}

/// A person's role as papers print it.
pub fn role_in_chinese(charter: &Charter, person: &Person) -> String {
    let first_party = charter.people.iter().find(|expected| expected.role == Role::Party).map(|expected| expected.id);
    let side = |id| if first_party == Some(id) { "申请人" } else { "被申请人" };
    match person.role {
        Role::Party => side(person.id).to_owned(),
        Role::Representative => format!("{}的委托代理人", person.speaks_for.map_or("当事人", side)),
        Role::PresidingMediator | Role::AssistingMediator => "调解员".to_owned(),
        Role::Observer => "旁听人员".to_owned(),
        Role::SealOfficer => "用印人".to_owned(),
    }
}

fn identity(identity: &Identity) -> Option<String> {
    identity.document_masked.as_ref().map(|number| format!("{} {number}", identity.method))
}

fn representative(person: &Expected) -> Representative {
    let authority = if person.authority == Some(Authority::Special) { "特别授权" } else { "一般授权" };
    Representative { name: person.name.clone(), authority: authority.to_owned() }
}
