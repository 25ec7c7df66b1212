"""tccli drives templates of MPS, as a provisioning script does: create, read, update, delete, and how errors are reported."""

from checks import Suite, equal
from tccli_client import Tccli

suite = Suite()
check = suite.check
tccli = Tccli("mps")
mps, refused = tccli.do, tccli.refused


@check("a template of animated pictures from create to delete")
def _():
    made = mps("CreateAnimatedGraphicsTemplate", Fps=4, Width=320, Height=0, Format="webp", Name="loop")["Definition"]
    read = lambda: mps("DescribeAnimatedGraphicsTemplates", Definitions=[made])["AnimatedGraphicsTemplateSet"]
    (template,) = read()
    equal((template["Type"], template["Fps"], template["Width"], template["Quality"]), ("Custom", 4, 320, 75))
    mps("ModifyAnimatedGraphicsTemplate", Definition=made, Fps=8)
    (template,) = read()
    equal((template["Fps"], template["Format"], template["Name"]), (8, "webp", "loop"))
    mps("DeleteAnimatedGraphicsTemplate", Definition=made)
    equal(read(), [])


@check("errors have the documented codes")
def _():
    refused("InvalidParameterValue.Fps", "CreateAnimatedGraphicsTemplate", Fps=31)
    refused("InvalidParameterValue.DeleteDefaultTemplate", "DeleteAnimatedGraphicsTemplate", Definition=20000)
    refused("ResourceNotFound.TemplateNotExist", "DeleteAnimatedGraphicsTemplate", Definition=4711)


suite.end()
