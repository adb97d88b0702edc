//! Who can approve, and what keeps them from it (facts/maa.md section 7). What cannot be told is said with the dataset that
//! would tell; it is never taken for fine.

use super::approver_rights::{self, Reads, is_plain};
use super::directory::Directory;
use super::model::{GateProblem, Untold};
use super::words::{GateProblemKind as Kind, InForce};
use crate::catalogue::Workload;
use crate::snapshot::{AccessPolicy, Dataset, Group, GroupId, GroupMember};
use std::collections::BTreeSet;

/// Most direct members of an approver group for whom Intune lets unlicensed administrators approve.
const MOST_UNLICENSED: usize = 350;

/// An approver group of a policy.
struct Approving<'a> {
    id: &'a GroupId,
    /// None where it could not be read, or does not exist.
    group: Option<&'a Group>,
}

impl Approving<'_> {
    fn name(&self) -> &str {
        self.group.map_or(self.id.as_str(), |group| &group.display_name)
    }

    /// The members, and how each can be known; None where they were not read.
    fn members(&self) -> Option<&[GroupMember]> {
        self.group?.members.as_deref()
    }
}

/// The groups that approve for one policy.
pub(super) struct Approvers<'a> {
    directory: &'a Directory<'a>,
    /// None where the policy does not show its groups.
    groups: Option<Vec<Approving<'a>>>,
    workload: Workload,
    in_force: InForce,
}

/// Ids of the people who can decide.
struct Able<'g> {
    /// Those who certainly can.
    known: BTreeSet<&'g str>,
    /// Those who may be able to.
    possible: BTreeSet<&'g str>,
    /// Whether there are no others: every group and its members were read.
    whole: bool,
}

/// Whether a gate has a problem.
enum Answer {
    /// It has: ids of what it concerns, and how these are called.
    Found(BTreeSet<String>, Vec<String>),
    /// It has not.
    Clear,
    /// The dataset that would tell does not.
    Untold(Dataset),
}

impl<'a> Approvers<'a> {
    pub(super) fn new(policy: &'a AccessPolicy, workload: Workload, in_force: InForce, directory: &'a Directory<'a>) -> Self {
        let find = |id: &'a GroupId| Approving { id, group: directory.snapshot.groups.get(id) };
        Self { directory, groups: policy.approver_groups.as_ref().map(|ids| ids.iter().map(find).collect()), workload, in_force }
    }

    /// Names of the groups, ids where they could not be read.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        self.groups.as_ref().map(|groups| groups.iter().map(|group| group.name().to_owned()).collect())
    }

    /// Distinct enabled people among the direct members of groups whose members approve; None unless all of that was read.
    pub(super) fn people(&self) -> Option<u64> {
        let able = self.able(self.groups.as_ref()?);
        (able.whole && able.known == able.possible).then_some(able.known.len() as u64)
    }

    fn able<'g>(&self, groups: &'g [Approving<'_>]) -> Able<'g> {
        let Able { mut known, mut possible, mut whole } = Able { known: BTreeSet::new(), possible: BTreeSet::new(), whole: true };
        for approving in groups {
            let plain = match approving.group {
                Some(group) => is_plain(group),
                None if self.groups_known() => continue,
                None => None,
            };
            match (plain, approving.members()) {
                (Some(false), _) => {}
                (_, None) => whole = false,
                (plain, Some(members)) => {
                    for member in members {
                        let able = self.is_able(member);
                        known.extend(Some(member.id.as_str()).filter(|_| able == Some(true) && plain == Some(true)));
                        possible.extend(Some(member.id.as_str()).filter(|_| able != Some(false)));
                    }
                }
            }
        }
        Able { known, possible, whole }
    }

    /// Whether a member can decide: a person whose account is enabled, and who is not known to lack a licence that is needed.
    /// Licences that were not read are no reason to doubt; they have a problem of their own.
    fn is_able(&self, member: &GroupMember) -> Option<bool> {
        let needed = self.directory.snapshot.unlicensed_administrators == Some(false);
        if needed && self.licensed(&member.id) == Some(false) { Some(false) } else { self.is_enabled_person(member) }
    }

    /// Whether a member is a person whose account is enabled; None where that was not said.
    fn is_enabled_person(&self, member: &GroupMember) -> Option<bool> {
        match member.kind.as_deref() {
            Some(kind) if !kind.eq_ignore_ascii_case("user") => Some(false),
            Some(_) => self.enabled(member),
            None => self.enabled(member).filter(|enabled| !enabled),
        }
    }

    fn enabled(&self, member: &GroupMember) -> Option<bool> {
        let person = || self.directory.snapshot.people.get(&member.id.to_lowercase())?.account_enabled;
        member.account_enabled.or_else(person)
    }

    fn groups_known(&self) -> bool {
        self.directory.is_complete(Dataset::ApproverGroups)
    }

    /// What makes the gate useless or risky, and what could not be told, in the order of the words.
    pub(super) fn problems(&self) -> Vec<GateProblem> {
        Kind::ALL.iter().filter_map(|kind| self.problem(*kind)).collect()
    }

    fn problem(&self, kind: Kind) -> Option<GateProblem> {
        let answer = match (&self.groups, kind) {
            (None, Kind::RoleDeadlock) if self.workload != Workload::Role => Answer::Clear,
            (None, Kind::NoApproverGroup) => Answer::Untold(Dataset::AccessPolicies),
            // Said once: without the groups nothing else can be told either.
            (None, _) => Answer::Clear,
            (Some(groups), Kind::NoApproverGroup) if groups.is_empty() => Answer::Found(BTreeSet::new(), Vec::new()),
            (Some(groups), _) if groups.is_empty() => Answer::Clear,
            (Some(groups), kind) => self.answer(groups, kind),
        };
        match answer {
            Answer::Clear => None,
            Answer::Found(ids, names) => Some(GateProblem { kind, ids, sentence: found(kind, &names), unknown: None }),
            Answer::Untold(dataset) => {
                let untold = Untold { dataset, gap: self.directory.gap(dataset) };
                Some(GateProblem { kind, ids: BTreeSet::new(), sentence: self.untold(kind, &untold), unknown: Some(untold) })
            }
        }
    }

    fn answer(&self, groups: &[Approving<'_>], kind: Kind) -> Answer {
        let each = |check: &dyn Fn(&Approving<'_>) -> Answer| merged(groups.iter().map(check));
        match kind {
            Kind::NoApproverGroup => Answer::Clear,
            Kind::GroupMissing => each(&|group| self.missing(group)),
            Kind::NotSecurityGroup => each(&|group| match group.group.map(is_plain) {
                Some(Some(false)) => this(group),
                Some(Some(true)) => Answer::Clear,
                Some(None) => Answer::Untold(Dataset::ApproverGroups),
                None => self.unread(),
            }),
            Kind::NoRoleAssignment => each(&|group| self.unassigned(group)),
            Kind::NestedGroup => each(&|group| self.with_member(group, "group")),
            Kind::ServicePrincipalMember => match self.answer(groups, Kind::OnlyServicePrincipals) {
                Answer::Found(..) => Answer::Clear,
                _ => each(&|group| self.with_member(group, "servicePrincipal")),
            },
            Kind::OnlyServicePrincipals => self.only_service_principals(groups),
            Kind::DisabledApprover => each(&|group| self.disabled(group)),
            Kind::NoApprover => self.so_many(groups, 0),
            Kind::OneApprover => self.so_many(groups, 1),
            Kind::UnlicensedApprover => self.unlicensed(groups),
            Kind::ApproverLacksRead => each(&|group| self.lacks_read(group)),
            Kind::RoleDeadlock => self.deadlock(groups),
        }
    }

    fn missing(&self, group: &Approving<'_>) -> Answer {
        match group.group {
            Some(_) => Answer::Clear,
            None if self.groups_known() => this(group),
            None => Answer::Untold(Dataset::ApproverGroups),
        }
    }

    /// The answer for a group that could not be read. One that does not exist has a problem of its own.
    fn unread(&self) -> Answer {
        if self.groups_known() { Answer::Clear } else { Answer::Untold(Dataset::ApproverGroups) }
    }

    /// Assignments of Entra roles, such as Intune Administrator, are no Intune role assignments and do not count here.
    fn unassigned(&self, group: &Approving<'_>) -> Answer {
        let assignments = &self.directory.snapshot.intune_role_assignments;
        let has = |members: &BTreeSet<GroupId>| members.contains(group.id);
        if assignments.values().any(|assignment| assignment.members.as_ref().is_some_and(has)) {
            return Answer::Clear;
        }
        let all_read = self.directory.is_complete(Dataset::IntuneRoles) && assignments.values().all(|one| one.members.is_some());
        match group.group {
            None if self.groups_known() => Answer::Clear,
            _ if all_read => this(group),
            _ => Answer::Untold(Dataset::IntuneRoles),
        }
    }

    /// Groups that have a member of one kind.
    fn with_member(&self, group: &Approving<'_>, kind: &str) -> Answer {
        let Some(members) = group.members() else { return self.unread_members(group) };
        let of_kind = |member: &&GroupMember| member.kind.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(kind));
        let ids: BTreeSet<String> = members.iter().filter(of_kind).map(|member| member.id.clone()).collect();
        if !ids.is_empty() {
            return Answer::Found(ids.into_iter().chain([group.id.to_string()]).collect(), vec![group.name().to_owned()]);
        }
        if members.iter().any(|member| member.kind.is_none()) { Answer::Untold(Dataset::ApproverGroups) } else { Answer::Clear }
    }

    fn unread_members(&self, group: &Approving<'_>) -> Answer {
        if group.group.is_some() { Answer::Untold(Dataset::ApproverGroups) } else { self.unread() }
    }

    fn only_service_principals(&self, groups: &[Approving<'_>]) -> Answer {
        let is = |member: &GroupMember| Some(member.kind.as_deref()?.eq_ignore_ascii_case("servicePrincipal"));
        let all: Vec<Option<&[GroupMember]>> =
            groups.iter().map(|group| if self.gone(group) { Some(&[][..]) } else { group.members() }).collect();
        let read: Vec<&GroupMember> = all.iter().flatten().copied().flatten().collect();
        if read.iter().any(|member| is(member) == Some(false)) {
            return Answer::Clear;
        }
        match all.iter().all(Option::is_some) && read.iter().all(|member| is(member).is_some()) {
            false => Answer::Untold(Dataset::ApproverGroups),
            true if read.is_empty() => Answer::Clear,
            true => Answer::Found(read.iter().map(|member| member.id.clone()).collect(), Vec::new()),
        }
    }

    /// Whether a group is known not to exist.
    fn gone(&self, group: &Approving<'_>) -> bool {
        group.group.is_none() && self.groups_known()
    }

    fn disabled(&self, group: &Approving<'_>) -> Answer {
        let Some(members) = group.members() else { return self.unread_members(group) };
        let people = || members.iter().filter(|member| member.kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("user")));
        let ids: BTreeSet<String> = people().filter(|member| self.enabled(member) == Some(false)).map(|member| member.id.clone()).collect();
        if !ids.is_empty() {
            return Answer::Found(ids, vec![group.name().to_owned()]);
        }
        match people().find(|member| self.enabled(member).is_none()) {
            None => Answer::Clear,
            // Whoever may not be shown by the group is asked for among people.
            Some(_) if self.directory.gap(Dataset::People).is_some() => Answer::Untold(Dataset::People),
            Some(_) => Answer::Untold(Dataset::ApproverGroups),
        }
    }

    fn so_many(&self, groups: &[Approving<'_>], wanted: usize) -> Answer {
        let able = self.able(groups);
        if able.known.len() > wanted || (able.whole && able.possible.len() < wanted) {
            Answer::Clear
        } else if able.whole && able.known.len() == wanted && able.possible.len() == wanted {
            Answer::Found(able.known.into_iter().map(str::to_owned).collect(), Vec::new())
        } else {
            Answer::Untold(Dataset::ApproverGroups)
        }
    }

    /// Whether approvers lack a licence that they need: where all have one, or none is needed, they do not.
    fn unlicensed(&self, groups: &[Approving<'_>]) -> Answer {
        let each = || groups.iter().filter(|group| !self.gone(group));
        let people = |group: &Approving<'_>| -> Vec<String> {
            let members = group.members().unwrap_or_default().iter().filter(|member| self.is_enabled_person(member) != Some(false));
            members.map(|member| member.id.clone()).collect()
        };
        let whole = each().all(|group| group.members().is_some());
        let all: BTreeSet<String> = each().flat_map(&people).collect();
        let licensed = |id: &String| self.licensed(id);
        if whole && all.iter().all(|id| licensed(id) == Some(true)) {
            return Answer::Clear;
        }
        let untold = if whole { Dataset::People } else { Dataset::ApproverGroups };
        let small = |group: &Approving<'_>| people(group).iter().filter(|id| licensed(id) != Some(true)).count() <= MOST_UNLICENSED;
        match self.directory.snapshot.unlicensed_administrators {
            Some(true) if whole && each().all(small) => Answer::Clear,
            Some(true) => Answer::Untold(Dataset::ApproverGroups),
            None => Answer::Untold(Dataset::IntuneSettings),
            Some(false) => merged(each().map(|group| {
                let ids: BTreeSet<String> = people(group).into_iter().filter(|id| licensed(id) == Some(false)).collect();
                if ids.is_empty() { Answer::Untold(untold) } else { Answer::Found(ids, vec![group.name().to_owned()]) }
            })),
        }
    }

    /// Whether a person has a plan of Intune; None where that was not read.
    fn licensed(&self, id: &str) -> Option<bool> {
        self.directory.snapshot.people.get(&id.to_lowercase())?.intune_licensed
    }

    /// The Intune roles of a group do not let it read what the policy protects. That it has none is a problem of its own.
    fn lacks_read(&self, group: &Approving<'_>) -> Answer {
        match approver_rights::reads(self.directory, group.id, &self.workload) {
            Reads::Yes | Reads::NoRole => Answer::Clear,
            Reads::No => this(group),
            Reads::Unknown => Answer::Untold(Dataset::IntuneRoles),
        }
    }

    /// A gate on roles whose approvers are in no role assignment: the assignment that they need would itself need approval.
    fn deadlock(&self, groups: &[Approving<'_>]) -> Answer {
        if self.workload != Workload::Role || self.in_force == InForce::No {
            return Answer::Clear;
        }
        let answers: Vec<Answer> = groups.iter().filter(|group| !self.gone(group)).map(|group| self.unassigned(group)).collect();
        if answers.iter().any(|answer| matches!(answer, Answer::Clear)) {
            return Answer::Clear;
        }
        match answers.iter().find(|answer| matches!(answer, Answer::Untold(_))) {
            Some(_) => Answer::Untold(Dataset::IntuneRoles),
            None if self.in_force == InForce::Unknown => Answer::Untold(Dataset::ApprovalRequests),
            None => merged(answers.into_iter()),
        }
    }

    fn untold(&self, kind: Kind, untold: &Untold) -> String {
        let why = match (&untold.gap, kind) {
            (Some(gap), _) => format!("{gap}"),
            (None, Kind::UnlicensedApprover) if untold.dataset == Dataset::People => {
                "unlicensed administrators may not approve here, and the plans of some approvers were not shown".to_owned()
            }
            (None, Kind::ApproverLacksRead) if approver_rights::read_action(&self.workload).is_none() => {
                format!("no source names the action that reads what a policy on {} protects", self.workload)
            }
            (None, Kind::ApproverLacksRead) => {
                "the role of an assignment, its actions or the action that is needed were not shown".to_owned()
            }
            (None, Kind::UnlicensedApprover) if untold.dataset == Dataset::ApproverGroups => {
                format!("unlicensed administrators may approve only in groups of at most {MOST_UNLICENSED} direct members")
            }
            (None, _) => "the service did not say".to_owned(),
        };
        format!("cannot be told because of {}: {why}", untold.dataset)
    }
}

/// A group as the one that has a problem.
fn this(group: &Approving<'_>) -> Answer {
    Answer::Found([group.id.to_string()].into(), vec![group.name().to_owned()])
}

/// One answer of several: what was found outweighs what could not be told.
fn merged(answers: impl Iterator<Item = Answer>) -> Answer {
    answers.fold(Answer::Clear, |sum, answer| match (sum, answer) {
        (Answer::Found(mut ids, mut names), Answer::Found(more_ids, more_names)) => {
            ids.extend(more_ids);
            names.extend(more_names);
            Answer::Found(ids, names)
        }
        (found @ Answer::Found(..), _) | (_, found @ Answer::Found(..)) => found,
        (untold @ Answer::Untold(_), _) | (_, untold @ Answer::Untold(_)) => untold,
        (Answer::Clear, Answer::Clear) => Answer::Clear,
    })
}

/// What is wrong, in a sentence.
fn found(kind: Kind, names: &[String]) -> String {
    let text = match kind {
        Kind::NoApproverGroup => "no approver group: nobody can approve, and one source holds that such a policy is no gate",
        Kind::GroupMissing => "approver group was not found in the directory",
        Kind::NotSecurityGroup => "not a plain security group, so its members are not resolved as approvers",
        Kind::NoRoleAssignment => {
            "not itself a member of an Intune role assignment, so the service takes its members off it from time to time"
        }
        Kind::NestedGroup => "members of a nested group do not approve reliably",
        Kind::ServicePrincipalMember => "a service principal cannot approve",
        Kind::OnlyServicePrincipals => "nobody but service principals, who cannot approve",
        Kind::DisabledApprover => "an approver's account is disabled",
        Kind::NoApprover => "no person among the direct members who can approve",
        Kind::OneApprover => "a single approver, who cannot approve requests of their own",
        Kind::UnlicensedApprover => "an approver has no licence, and unlicensed administrators may not approve",
        Kind::ApproverLacksRead => {
            "its Intune roles do not let it read what this policy protects, without which its members cannot approve unless another role lets them"
        }
        Kind::RoleDeadlock => {
            "deadlock: the role assignment that its approvers need would itself need their approval; delete this policy, assign the role, \
             and make the policy anew"
        }
    };
    if names.is_empty() { text.to_owned() } else { format!("{text}: {}", names.join(", ")) }
}
