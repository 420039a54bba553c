/// What can be done with an asset.
package struct UsageAction: Hashable, Sendable {
    package let iri: IRI
    /// The wider action that it is a part of (`odrl:includedIn`): a permission of that one is one
    /// of this one too.
    package let includedIn: IRI?

    private init(_ name: String, in wider: String?) {
        self.init(.odrl(name), in: wider.map(IRI.odrl))
    }

    private init(_ iri: IRI, in wider: IRI?) {
        self.iri = iri
        includedIn = wider
    }

    package static func known(_ iri: IRI) -> UsageAction? { byIRI[iri] }

    /// Whether an action is another one or part of it.
    package static func isPart(_ action: IRI, of wider: IRI) -> Bool {
        var action = action
        while action != wider {
            guard let next = byIRI[action]?.includedIn else { return false }
            action = next
        }
        return true
    }

    private static let byIRI = Dictionary(
        uniqueKeysWithValues: (known + own).map { ($0.iri, $0) })

    /// What ODRL has no word for; a use of its own, and part of no other.
    private static let own = DatasetLicenceTerms.reports.map { UsageAction(.reports($0), in: nil) }

    /// The actions of *ODRL Vocabulary & Expression 2.2* §4 and of the AI vocabulary's draft.
    package static let known: [UsageAction] =
        [UsageAction("use", in: nil), UsageAction("transfer", in: nil)]
        + ["give", "sell"].map { UsageAction($0, in: "transfer") }
        + [
            "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute",
            "compensate", "concurrentUse", "delete", "derive", "digitize", "distribute",
            "ensureExclusivity", "execute", "grantUse", "include", "index", "inform", "install",
            "modify", "move", "nextPolicy", "obtainConsent", "play", "present", "print", "read",
            "reproduce", "reviewPolicy", "stream", "synchronize", "textToSpeech", "transform",
            "translate", "uninstall", "watermark", "write", "copy", "share", "extract",
            "attachPolicy", "attachSource", "shareAlike", "commercialize", "export", "license",
            "pay", "writeTo", "append", "appendTo", "lend", "lease", "preview", "secondaryUse",
            "adHocShare", "extractPage", "extractWord", "extractChar", "ad-hocShare",
            "data-mining", "search",
        ].map { UsageAction($0, in: "use") }
        + ["display"].map { UsageAction($0, in: "play") }
        + ["ai-training", "ai-augment"].map { UsageAction($0, in: "data-mining") }
        + [UsageAction("gen-ai", in: "ai-training")]
}

extension IRI {
    package static let use = odrl("use")
    /// What a round of the lab does with a dataset.
    package static let training = odrl("ai-training")
    package static let generativeTraining = odrl("gen-ai")
    package static let compensate = odrl("compensate")
    package static let obtainConsent = odrl("obtainConsent")
    /// Of the IDS vocabulary; the ledger does it by itself.
    package static let logUsage = IRI("https://w3id.org/idsa/code/LOG")
}

/// What a party is to a rule, beside the one that gives it and the one that it is given to.
package enum PartyFunction: String, CaseIterable, Comparable, Sendable {
    case assigner, assignee
    case attributedParty, attributingParty, compensatedParty, compensatingParty, consentedParty
    case consentingParty, contractedParty, contractingParty, informedParty, informingParty
    case trackedParty, trackingParty

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var iri: IRI { .odrl(rawValue) }
}
