package import Contracts

/// Which contributions a round will be sealed with, as far as that can be told while updates are
/// still on their way.
///
/// It is a guess: a connection may break, a node may change its mind. Whoever begins to work with it
/// compares it with the seal before anything of the work counts.
package struct ExpectedSeal: Sendable {
    private let participants: Set<MemberID>
    private let participantsMin: Int
    private let enough: Int
    /// Who has said that an update is coming or has sent one, in the order of the first word.
    private var coming: [MemberID] = []
    private var contributed: [MemberID] = []
    private var declined: Set<MemberID> = []

    /// - Parameter contributionsEnough: With how many contributions the round is sealed at once;
    ///   `nil` where it waits for all.
    package init(
        participants: some Sequence<MemberID>, participantsMin: Int, contributionsEnough: Int?
    ) {
        self.participants = Set(participants)
        self.participantsMin = participantsMin
        enough = min(contributionsEnough ?? .max, self.participants.count)
    }

    /// A participant's update is on its way.
    package mutating func announced(_ member: MemberID) {
        guard participants.contains(member) else { return }
        declined.remove(member)
        if !coming.contains(member) { coming.append(member) }
    }

    /// A participant's contribution is in the store.
    package mutating func contributed(_ member: MemberID) {
        announced(member)
        guard participants.contains(member), !contributed.contains(member) else { return }
        contributed.append(member)
    }

    /// A participant's node will not take part. What it has contributed stands all the same.
    package mutating func declined(_ member: MemberID) {
        guard participants.contains(member), !contributed.contains(member) else { return }
        coming.removeAll { $0 == member }
        declined.insert(member)
    }

    /// Whose contributions they will be, in the order of the seal; `nil` while that is open.
    package var members: [MemberID]? {
        guard coming.count >= enough || coming.count + declined.count == participants.count
        else { return nil }
        // The seal takes those that are whole first, whoever spoke first.
        let inOrder = contributed + coming.filter { !contributed.contains($0) }
        let members = inOrder.prefix(enough).sorted()
        return members.count >= participantsMin ? members : nil
    }
}
