import ContractLanguage
import Contracts
import Encodings
import Testing

@Suite
struct DivisionTests {
    @Test("A part is a licence of its own, and counts as used in the one that it came from")
    func divide() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 10, epsilon: 20_000)
        try lab.divide("l", "l-1", rounds: 4, epsilon: 5_000)
        let part = try lab.contract("l-1")
        #expect(part.parent == (try ContractID("l")))
        #expect(part.instance.stage == "active")
        #expect(part.json["parent"] == "l")
        #expect(try lab.holder("l-1") == "cy")
        #expect(
            try lab.left("l-1") == ["rounds": 4, "abandoned": 4, "epsilonMicro": 5_000])
        #expect(try lab.left("l") == ["rounds": 6, "abandoned": 6, "epsilonMicro": 15_000])
        #expect(lab.state.licence(try LicenceID("l-1"))?.licensor == (try MemberID("ada")))
    }

    @Test("A part and what is left are trained on until each is used up")
    func train() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 3, epsilon: 3_000)
        try lab.divide("l", "l-1", rounds: 1, epsilon: 1_000)
        for (licence, rounds) in [("l", 2), ("l-1", 1)] {
            try lab.startJob("j-\(licence)", under: licence, by: "cy")
            for _ in 0..<rounds {
                try lab.apply(lab.nextRound(of: "j-\(licence)"), by: "coordinator")
                try lab.close(roundOf: "j-\(licence)")
            }
            let refusal = try lab.refusal(of: lab.nextRound(of: "j-\(licence)"), by: "coordinator")
            #expect(refusal?.clauses == ["1"])
        }
    }

    @Test("No more is divided off than is left, and not nothing, and under a free name")
    func refusals() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 10, epsilon: 20_000)
        try lab.divide("l", "l-1", rounds: 4, epsilon: 5_000)
        func refusal(
            _ name: String, _ part: String, rounds: Int64, epsilon: Int64 = 0,
            by holder: String = "cy"
        ) throws -> Refusal.Code? {
            let action = try lab.division(name, part, rounds: rounds, epsilon: epsilon)
            return try lab.refusal(of: action, by: holder)?.code
        }
        #expect(try refusal("l", "l-2", rounds: 7) == .contractToken)
        #expect(try refusal("l", "l-2", rounds: 1, epsilon: 15_001) == .contractToken)
        #expect(try refusal("l", "l-2", rounds: .max) == .wrongValue)
        #expect(try refusal("l", "l-2", rounds: 0, epsilon: 1) == .wrongValue)
        #expect(try refusal("l", "l-1", rounds: 1) == .alreadyExists)
        #expect(try refusal("l", "l-2", rounds: 1, by: "di") == .wrongSender)
        #expect(try refusal("l-3", "l-2", rounds: 1) == .unknown)
        let incomplete = DivideToken(
            contract: try ContractID("l"), part: try ContractID("l-2"), limits: ["maxRounds": 1])
        #expect(try lab.refusal(of: incomplete, by: "cy")?.code == .wrongValue)
    }

    @Test("Dividing gives no more abandoned rounds back than the whole would have")
    func abandoned() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 4, epsilon: 100_000)
        try lab.startJob("j", under: "l", by: "cy")
        for _ in 0..<3 {
            try lab.apply(lab.nextRound(of: "j"), by: "coordinator")
            try lab.apply(lab.abandonment(ofRoundOf: "j"), by: "coordinator")
        }
        #expect(try lab.left("l")["rounds"] == 4)
        let tooMuch = try lab.division("l", "l-1", rounds: 2)
        #expect(try lab.refusal(of: tooMuch, by: "cy")?.code == .contractToken)
        try lab.divide("l", "l-1", rounds: 1)
        try lab.apply(lab.nextRound(of: "j"), by: "coordinator")
        try lab.apply(lab.abandonment(ofRoundOf: "j"), by: "coordinator")
        // The fourth was given away with the part.
        #expect(try lab.left("l") == ["rounds": 2, "abandoned": 0, "epsilonMicro": 96_000])
    }

    @Test("A part goes its own way: it is sold, and what is left stays")
    func sellPart() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.divide("l", "l-1", rounds: 4, epsilon: 4_000)
        try lab.apply(lab.offer(of: "l-1"), by: "cy")
        try lab.apply(lab.accept(), by: "di")
        #expect(try lab.holder("l-1") == "di")
        #expect(try lab.holder("l") == "cy")
        try lab.divide("l-1", "l-2", rounds: 1, by: "di")
        #expect(lab.state.ancestors(of: try lab.contract("l-2")).map(\.id.text) == ["l-1", "l"])
    }

    @Test("An unused part is merged into its parent again by the one who holds both")
    func merge() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 10, epsilon: 20_000)
        try lab.divide("l", "l-1", rounds: 4, epsilon: 5_000)
        let merge = MergeToken(part: try ContractID("l-1"))
        #expect(try lab.refusal(of: merge, by: "di")?.code == .wrongSender)
        #expect(
            try lab.refusal(of: MergeToken(part: try ContractID("l")), by: "cy")?.code
                == .wrongValue)
        try lab.apply(merge, by: "cy")
        #expect(try lab.left("l") == ["rounds": 10, "abandoned": 10, "epsilonMicro": 20_000])
        // It is gone: nothing is done under it any more.
        #expect(try lab.contract("l-1").hasEnded)
        #expect(try lab.refusal(of: merge, by: "cy")?.code == .wrongStage)
        #expect(try lab.refusal(of: lab.act("l-1", "note"), by: "cy")?.code == .wrongStage)
        #expect(try lab.refusal(of: lab.offer(of: "l-1"), by: "cy")?.code == .wrongStage)
    }

    @Test("A part that was used, or that somebody else holds, is not merged")
    func noMerge() throws {
        var lab = try TokenLab()
        try lab.license()
        try lab.divide("l", "l-1", rounds: 2, epsilon: 2_000)
        try lab.divide("l", "l-2", rounds: 2, epsilon: 2_000)
        try lab.startJob("j", under: "l-1", by: "cy")
        try lab.apply(lab.nextRound(of: "j"), by: "coordinator")
        #expect(
            try lab.refusal(of: MergeToken(part: try ContractID("l-1")), by: "cy")?.code
                == .contractToken)
        try lab.apply(lab.transfer(of: "l-2"), by: "cy")
        try lab.apply(lab.accept(), by: "di")
        #expect(
            try lab.refusal(of: MergeToken(part: try ContractID("l-2")), by: "di")?.code
                == .wrongSender)
    }

    @Test("What was divided is divided again, up to a limit")
    func depth() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 100)
        var name = "l"
        for depth in 1...LabState.divisionsMax {
            try lab.divide(name, "l-\(depth)", rounds: 50)
            name = "l-\(depth)"
        }
        let deeper = try lab.division(name, "l-deep", rounds: 1)
        #expect(try lab.refusal(of: deeper, by: "cy")?.code == .limit)
    }
}
