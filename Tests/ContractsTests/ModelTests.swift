import Contracts
import Encodings
import Testing

@Suite struct ModelTests {
    private func registered() throws -> TestLab {
        var lab = try TestLab()
        try lab.runJob()
        try lab.apply(
            RegisterModelVersion(job: try JobID("j-1"), weights: TestLab.digest(2)), by: "cy")
        return lab
    }

    private func validation(accepts: Bool = true) throws -> ValidateModelVersion {
        ValidateModelVersion(
            version: try TestLab.version(), rows: 50, metricsMicro: ["auc": 900_000],
            accepts: accepts)
    }

    @Test("A version carries its whole lineage, which nobody has to state")
    func lineage() throws {
        let lab = try registered()
        let version = try #require(lab.state.models[try TestLab.version()])
        #expect(version.weights == TestLab.digest(2))
        #expect(version.lineage.map(\.member.text) == ["ada", "bo"])
        #expect(version.lineage.map(\.licence.text) == ["l-ada", "l-bo"])
        #expect(version.purpose == "research")
        #expect(version.rounds == 3)
        #expect(lab.rows["model/m-1"] == ["model": "m-1", "owner": "cy", "versions": 1])
        #expect(lab.rows["version/m-1/1"]?["status"] == "registered")
    }

    @Test("A complete job makes one version, for its owner, of its own result")
    func registrationRefusals() throws {
        var lab = try TestLab()
        try lab.startJob()
        let j1 = try JobID("j-1")
        let register = RegisterModelVersion(job: j1, weights: TestLab.digest(2))
        #expect(
            try lab.refusal(of: register, by: "cy")
                == "wrong_stage: the rule is `job.status == complete`; job is j-1, "
                + "job.status is running")
        lab = try registered()
        #expect(
            try lab.refusal(of: register, by: "di")
                == "wrong_sender: the rule is `the sender owns the job`; sender is di, "
                + "job.owner is cy")
        #expect(
            try lab.refusal(of: RegisterModelVersion(job: j1, weights: TestLab.digest(3)), by: "cy")
                == "wrong_value: the rule is `the weights are the job's result`; "
                + "weights is \(TestLab.digest(3)), job.result is \(TestLab.digest(2))")
        #expect(
            try lab.refusal(of: register, by: "cy")
                == "already_exists: the rule is `a job makes one version`; job is j-1, "
                + "version is m-1/1")
        #expect(
            try lab.refusal(
                of: RegisterModelVersion(job: try JobID("none"), weights: TestLab.digest(2)),
                by: "cy") == "unknown: the rule is `the job exists`; job is none")
    }

    @Test("A version is released once enough independent members accept it")
    func release() throws {
        var lab = try registered()
        let release = ReleaseModelVersion(version: try TestLab.version())
        #expect(
            try lab.refusal(of: release, by: "cy")
                == "model.validations_too_few: the rule is `accepting validations >= "
                + "rules.validationsMin`; accepting is 0, rules.validationsMin is 1")
        try lab.apply(validation(accepts: false), by: "ed")
        #expect(
            try lab.refusal(of: release, by: "cy")?.hasPrefix("model.validations_too_few") == true)
        try lab.apply(validation(), by: "di")
        #expect(
            try lab.refusal(of: release, by: "di")
                == "wrong_sender: the rule is `the sender owns the model`; sender is di, "
                + "model.owner is cy")
        try lab.apply(release, by: "cy")
        #expect(lab.rows["version/m-1/1"]?["status"] == "released")
        #expect(
            try lab.refusal(of: release, by: "cy")
                == "wrong_stage: the rule is `version.status == registered`; version is m-1/1, "
                + "version.status is released")
    }

    @Test("Whoever trained or owns a version does not validate it, and nobody does so twice")
    func validationRefusals() throws {
        var lab = try registered()
        #expect(
            try lab.refusal(of: validation(), by: "ada")
                == "model.not_independent: the rule is `the validator neither trained nor owns the "
                + "version`; validator is ada, owner is cy, trained is yes")
        #expect(
            try lab.refusal(of: validation(), by: "cy")
                == "model.not_independent: the rule is `the validator neither trained nor owns the "
                + "version`; validator is cy, owner is cy, trained is no")
        try lab.apply(validation(), by: "flo")
        #expect(
            try lab.refusal(of: validation(), by: "flo")
                == "already_exists: the rule is `a member validates a version once`; "
                + "validator is flo")
        let other = ValidateModelVersion(
            version: try TestLab.version(2), rows: 1, metricsMicro: [:], accepts: true)
        #expect(
            try lab.refusal(of: other, by: "di")
                == "unknown: the rule is `the model version exists`; version is m-1/2")
        try lab.apply(ReleaseModelVersion(version: try TestLab.version()), by: "cy")
        #expect(
            try lab.refusal(of: validation(), by: "di")
                == "wrong_stage: the rule is `version.status == registered`; version is m-1/1, "
                + "version.status is released")
    }

    @Test("A version is withdrawn by its owner, released or not, once", arguments: [true, false])
    func withdrawal(released: Bool) throws {
        var lab = try registered()
        if released {
            try lab.apply(validation(), by: "di")
            try lab.apply(ReleaseModelVersion(version: try TestLab.version()), by: "cy")
        }
        let withdraw = WithdrawModelVersion(version: try TestLab.version(), reason: "biased")
        #expect(
            try lab.refusal(of: withdraw, by: "di")
                == "wrong_sender: the rule is `the sender owns the model`; sender is di, "
                + "model.owner is cy")
        try lab.apply(withdraw, by: "cy")
        #expect(lab.rows["version/m-1/1"]?["reason"] == "biased")
        #expect(
            try lab.refusal(of: withdraw, by: "cy")
                == "wrong_stage: the rule is `version.status is not withdrawn`; version is m-1/1, "
                + "version.status is withdrawn")
        #expect(
            try lab.refusal(of: ReleaseModelVersion(version: try TestLab.version()), by: "cy")
                == "wrong_stage: the rule is `version.status == registered`; version is m-1/1, "
                + "version.status is withdrawn")
    }

    @Test("Those whose contributions were never sealed are not in the lineage")
    func lineageIsOfContributors() throws {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try TestLab(rules: rules)
        try lab.license()
        try lab.apply(
            lab.proposal(participantsMin: 1, plan: [(.train, 1)]), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-1")), by: "cy")
        try lab.apply(lab.open(0, .train), by: "coordinator")
        try lab.apply(lab.seal(0, ["bo"]), by: "coordinator")
        try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(2)), by: "coordinator")
        try lab.apply(CompleteJob(job: try JobID("j-1")), by: "coordinator")
        try lab.apply(
            RegisterModelVersion(job: try JobID("j-1"), weights: TestLab.digest(2)), by: "cy")
        #expect(
            lab.state.models[try TestLab.version()]?.lineage.map(\.member.text) == ["bo"])
        try lab.apply(validation(), by: "ada")
    }
}
